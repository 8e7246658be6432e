namespace CavMae.Export.Graphs;

/// <summary>Writes a weight's elements, row-major, into a buffer of exactly its size.</summary>
internal delegate void WeightSource(Span<float> destination);

/// <summary>A float32 constant of a graph. Its elements are made when the file is written, one weight at a time.</summary>
internal sealed record Weight(string Name, long[] Shape, WeightSource Source)
{
    public int ElementCount { get; } = checked((int)Shape.Aggregate(1L, (product, size) => checked(product * size)));

    public long SizeBytes => (long)ElementCount * sizeof(float);
}
