using System.Buffers;
using CavMae.Checkpoints;

namespace CavMae.Export.Graphs;

/// <summary>Turns tensors of a checkpoint into weights of a graph; elements are read when the graph is written.</summary>
internal sealed class CheckpointWeights(Checkpoint checkpoint, GraphBuilder graph)
{
    /// <summary>A tensor as it is.</summary>
    public string Plain(string name) =>
        graph.Weight(name, [.. checkpoint[name].Shape], destination => checkpoint.ReadFloats(name, destination));

    /// <summary>Elements [first, first + count) of a vector.</summary>
    public string Slice(string weightName, string name, int first, int count) =>
        graph.Weight(weightName, [count], destination => checkpoint.ReadFloats(name, destination, first));

    /// <summary>Rows [firstRow, firstRow + rows) of a linear layer's [out, in] matrix as [in, rows], the way MatMul takes it.</summary>
    public string Transposed(string weightName, string name, int firstRow, int rows)
    {
        int columns = (int)checkpoint[name].Shape[1];
        return graph.Weight(weightName, [columns, rows], destination =>
        {
            float[] source = ArrayPool<float>.Shared.Rent(rows * columns);
            try
            {
                checkpoint.ReadFloats(name, source.AsSpan(0, rows * columns), (long)firstRow * columns);
                Transpose(source, rows, columns, destination);
            }
            finally
            {
                ArrayPool<float>.Shared.Return(source);
            }
        });
    }

    /// <summary>Two tensors of [1, n, width] and [1, 1, width] added: positions and the modality's vector, which never change.</summary>
    public string Sum(string weightName, string name, string everyRowName)
    {
        int width = (int)checkpoint[everyRowName].ElementCount;
        return graph.Weight(weightName, [.. checkpoint[name].Shape], destination =>
        {
            checkpoint.ReadFloats(name, destination);
            float[] row = checkpoint.ReadFloats(everyRowName);
            for (int i = 0; i < destination.Length; i++)
                destination[i] += row[i % width];
        });
    }

    private static void Transpose(ReadOnlySpan<float> source, int rows, int columns, Span<float> destination)
    {
        const int Tile = 32; // both sides of a tile stay in the first-level cache
        for (int top = 0; top < rows; top += Tile)
        {
            for (int left = 0; left < columns; left += Tile)
            {
                for (int row = top; row < Math.Min(top + Tile, rows); row++)
                {
                    for (int column = left; column < Math.Min(left + Tile, columns); column++)
                        destination[column * rows + row] = source[row * columns + column];
                }
            }
        }
    }
}
