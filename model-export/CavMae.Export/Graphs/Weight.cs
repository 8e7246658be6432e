namespace CavMae.Export.Graphs;

/// <summary>Writes a weight's elements, row-major, into a buffer of exactly its size.</summary>
internal delegate void WeightSource(Span<float> destination);

/// <summary>A constant of a graph. Its elements are made when the file is written, one weight at a time.</summary>
/// <param name="IsHalf">Kept as float16 in the file, instead of float32.</param>
internal sealed record Weight(string Name, long[] Shape, WeightSource Source, bool IsHalf = false)
{
    private const int HalfBytes = 2;

    public int ElementCount { get; } = checked((int)Shape.Aggregate(1L, (product, size) => checked(product * size)));

    public long SizeBytes => (long)ElementCount * (IsHalf ? HalfBytes : sizeof(float));
}
