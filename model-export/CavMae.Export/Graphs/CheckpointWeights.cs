using System.Buffers;
using System.Globalization;
using CavMae.Checkpoints;

namespace CavMae.Export.Graphs;

/// <summary>Turns tensors of a checkpoint into weights of a graph; elements are read when the graph is written.</summary>
internal sealed class CheckpointWeights(Checkpoint checkpoint, GraphBuilder graph)
{
    /// <summary>
    /// Largest whole number of an int8 weight. Processors without VNNI add two products of an unsigned and a signed byte in 16 bits and
    /// saturate: 2 · 255 · 63 fits, 2 · 255 · 127 does not.
    /// </summary>
    public const int MaxInt8 = 63;

    /// <summary>Of a row so small that its scale would have no precision left: float32's smallest normal number.</summary>
    private const float SmallestScale = 1.17549435e-38f;

    /// <summary>A tensor as it is.</summary>
    public string Plain(string name) =>
        graph.Weight(name, [.. checkpoint[name].Shape], destination => checkpoint.ReadFloats(name, destination));

    /// <summary>A tensor as it is, kept as <see cref="WeightType.Float32"/> or <see cref="WeightType.Float16"/>.</summary>
    public string Plain(string name, WeightType type) => type == WeightType.Float16
        ? graph.Weight($"{name}.half", [.. checkpoint[name].Shape], destination => ReadHalf(name, destination), type)
        : Plain(name);

    /// <summary>A linear layer's [out, in] matrix as [in, out], the way MatMul takes it, kept as <see cref="WeightType.Float32"/> or <see cref="WeightType.Float16"/>.</summary>
    public string Transposed(string layer, WeightType type = WeightType.Float32)
    {
        string name = $"{layer}.weight";
        return type == WeightType.Float16
            ? graph.Weight($"{name}.half", Turned(name), destination => Read(name, destination, source => CheckHalfRange(name, source)), type)
            : graph.Weight(name, Turned(name), destination => Read(name, destination, static _ => { }));
    }

    /// <summary>A linear layer's matrix as int8 [in, out] within ±<see cref="MaxInt8"/>, and the float32 scale [out] of each column.</summary>
    public (string Weight, string Scale) Quantized(string layer)
    {
        string name = $"{layer}.weight";
        string whole = graph.Weight($"{name}.int8", Turned(name), destination => Read(name, destination, source =>
        {
            int columns = (int)checkpoint[name].Shape[1];
            for (int start = 0; start < source.Length; start += columns)
                Round(source.Slice(start, columns));
        }), WeightType.Int8);
        string scales = graph.Weight($"{name}.int8_scale", [checkpoint[name].Shape[0]], destination =>
        {
            float[] source = checkpoint.ReadFloats(name);
            int columns = source.Length / destination.Length;
            for (int row = 0; row < destination.Length; row++)
                destination[row] = Scale(source.AsSpan(row * columns, columns));
        });
        return (whole, scales);
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

    private delegate void Edit(Span<float> rows);

    private long[] Turned(string name) => [checkpoint[name].Shape[1], checkpoint[name].Shape[0]];

    private void ReadHalf(string name, Span<float> destination)
    {
        checkpoint.ReadFloats(name, destination);
        CheckHalfRange(name, destination);
    }

    /// <summary>Reads a matrix, edits it while its rows still are outputs, and turns it round.</summary>
    private void Read(string name, Span<float> destination, Edit edit)
    {
        int rows = (int)checkpoint[name].Shape[0], columns = (int)checkpoint[name].Shape[1];
        float[] rented = ArrayPool<float>.Shared.Rent(rows * columns);
        try
        {
            Span<float> source = rented.AsSpan(0, rows * columns);
            checkpoint.ReadFloats(name, source);
            edit(source);
            Transpose(source, rows, columns, destination);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(rented);
        }
    }

    private static void Round(Span<float> row)
    {
        float scale = Scale(row);
        foreach (ref float element in row)
            element = MathF.Round(element / scale);
    }

    private static float Scale(ReadOnlySpan<float> row)
    {
        float largest = 0;
        foreach (float element in row)
            largest = Math.Max(largest, Math.Abs(element));
        return largest > 0 ? Math.Max(largest / MaxInt8, SmallestScale) : 1;
    }

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
