using System.Buffers;
using System.Globalization;
using CavMae.Checkpoints;

namespace CavMae.Export.Graphs;

/// <summary>Turns tensors of a checkpoint into weights of a graph; elements are read when the graph is written.</summary>
internal sealed class CheckpointWeights(Checkpoint checkpoint, GraphBuilder graph, ExportPrecision precision)
{
    /// <summary>A tensor as it is.</summary>
    public string Plain(string name) =>
        graph.Weight(name, [.. checkpoint[name].Shape], destination => checkpoint.ReadFloats(name, destination));

    /// <summary>A tensor as it is, in the precision that was asked for.</summary>
    public string Matrix(string name) => InPrecision(name, name, [.. checkpoint[name].Shape], destination => checkpoint.ReadFloats(name, destination));

    /// <summary>Elements [first, first + count) of a vector.</summary>
    public string Slice(string weightName, string name, int first, int count) =>
        graph.Weight(weightName, [count], destination => checkpoint.ReadFloats(name, destination, first));

    /// <summary>Rows [firstRow, firstRow + rows) of a linear layer's [out, in] matrix as [in, rows], the way MatMul takes it, in the precision that was asked for.</summary>
    public string Transposed(string weightName, string name, int firstRow, int rows)
    {
        int columns = (int)checkpoint[name].Shape[1];
        return InPrecision(weightName, name, [columns, rows], destination =>
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

    private string InPrecision(string weightName, string tensorName, long[] shape, WeightSource source) => precision switch
    {
        ExportPrecision.Fp16 => graph.HalfWeight(weightName, shape, destination =>
        {
            source(destination);
            CheckHalfRange(tensorName, destination);
        }),
        _ => graph.Weight(weightName, shape, source),
    };

    private static void CheckHalfRange(string tensorName, ReadOnlySpan<float> elements)
    {
        foreach (float element in elements)
        {
            if (!Half.IsFinite((Half)element))
                throw new ExportException(string.Create(CultureInfo.InvariantCulture, $"{tensorName} holds {element}, which is beyond float16 (up to {(float)Half.MaxValue}): export with --precision fp32."));
        }
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
