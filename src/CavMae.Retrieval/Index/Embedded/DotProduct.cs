using System.Numerics;
using System.Runtime.CompilerServices;

namespace CavMae.Retrieval.Index.Embedded;

/// <summary>
/// Dot products of matrix rows. A pair of vectors always gives the same bits, whatever it is computed beside: every product
/// is two chains of fused multiply-adds per lane, added at the end. So ties stay ties, and results do not depend on blocks or threads.
/// </summary>
/// <remarks>
/// A stored row is always read from its beginning to its end, alone: taking four stored rows at once, the usual way, costs a
/// third of the memory bandwidth (measured: 22 against 32 GB/s), since the processor then has four short streams to foresee.
/// Compiled at full optimisation from the first call: the quick first compilation of vector code is a hundred times slower.
/// </remarks>
internal static class DotProduct
{
    /// <param name="query">Row of <paramref name="stride"/> numbers.</param>
    /// <param name="stored">Row of <paramref name="stride"/> numbers.</param>
    /// <param name="stride">A <see cref="VectorMatrix.Stride"/>: a multiple of two vectors of any width.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Of(ref readonly float query, ref readonly float stored, int stride)
    {
        Vector<float> even = default, odd = default;
        var width = (nuint)Vector<float>.Count;
        for (nuint i = 0; i < (nuint)stride; i += 2 * width)
        {
            even = Vector.FusedMultiplyAdd(Vector.LoadUnsafe(in query, i), Vector.LoadUnsafe(in stored, i), even);
            odd = Vector.FusedMultiplyAdd(Vector.LoadUnsafe(in query, i + width), Vector.LoadUnsafe(in stored, i + width), odd);
        }
        return Vector.Sum(even + odd);
    }

    /// <summary>Four queries, one after the other in memory, with one stored row: each number is what <see cref="Of"/> gives for its pair.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Vector4 OfFourQueries(ref readonly float queries, ref readonly float stored, int stride)
    {
        Vector<float> even0 = default, odd0 = default, even1 = default, odd1 = default;
        Vector<float> even2 = default, odd2 = default, even3 = default, odd3 = default;
        var (width, rowLength) = ((nuint)Vector<float>.Count, (nuint)stride);
        for (nuint i = 0; i < rowLength; i += 2 * width)
        {
            var storedEven = Vector.LoadUnsafe(in stored, i);
            var storedOdd = Vector.LoadUnsafe(in stored, i + width);
            even0 = Vector.FusedMultiplyAdd(Vector.LoadUnsafe(in queries, i), storedEven, even0);
            odd0 = Vector.FusedMultiplyAdd(Vector.LoadUnsafe(in queries, i + width), storedOdd, odd0);
            even1 = Vector.FusedMultiplyAdd(Vector.LoadUnsafe(in queries, rowLength + i), storedEven, even1);
            odd1 = Vector.FusedMultiplyAdd(Vector.LoadUnsafe(in queries, rowLength + i + width), storedOdd, odd1);
            even2 = Vector.FusedMultiplyAdd(Vector.LoadUnsafe(in queries, (2 * rowLength) + i), storedEven, even2);
            odd2 = Vector.FusedMultiplyAdd(Vector.LoadUnsafe(in queries, (2 * rowLength) + i + width), storedOdd, odd2);
            even3 = Vector.FusedMultiplyAdd(Vector.LoadUnsafe(in queries, (3 * rowLength) + i), storedEven, even3);
            odd3 = Vector.FusedMultiplyAdd(Vector.LoadUnsafe(in queries, (3 * rowLength) + i + width), storedOdd, odd3);
        }
        return new Vector4(Vector.Sum(even0 + odd0), Vector.Sum(even1 + odd1), Vector.Sum(even2 + odd2), Vector.Sum(even3 + odd3));
    }
}
