namespace CavMae.Export.Graphs;

/// <summary>Writes a weight's elements, row-major, into a buffer of exactly its size.</summary>
internal delegate void WeightSource(Span<float> destination);

/// <summary>How a file keeps a weight's elements.</summary>
internal enum WeightType
{
    Float32,
    Float16,

    /// <summary>Whole numbers; the scale that belongs to each column is a weight of its own.</summary>
    Int8,
}

/// <summary>A constant of a graph. Its elements are made when the file is written, one weight at a time.</summary>
internal sealed record Weight(string Name, long[] Shape, WeightSource Source, WeightType Type = WeightType.Float32)
{
    public int ElementCount { get; } = checked((int)Shape.Aggregate(1L, (product, size) => checked(product * size)));

    public long SizeBytes => (long)ElementCount * Type switch { WeightType.Float16 => 2, WeightType.Int8 => 1, _ => sizeof(float) };
}
