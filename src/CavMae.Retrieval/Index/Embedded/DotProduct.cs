using System.Numerics;
using System.Runtime.CompilerServices;

namespace CavMae.Retrieval.Index.Embedded;

/// <summary>
/// Dot products of matrix rows. A pair of vectors always gives the same bits, whichever rows it is computed beside: every
/// product is one chain of fused multiply-adds per lane. So ties stay ties, and results do not depend on blocks or threads.
/// </summary>
internal static class DotProduct
{
    /// <summary>One query with four rows: four independent chains hide the latency of the multiply-adds.</summary>
    /// <param name="query">Row of <paramref name="stride"/> numbers.</param>
    /// <param name="stride">A <see cref="VectorMatrix.Stride"/>: a multiple of every vector width.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector4 OfFourRows(
        ref readonly float query, ref readonly float row0, ref readonly float row1, ref readonly float row2, ref readonly float row3, int stride)
    {
        Vector<float> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
        for (nuint i = 0; i < (nuint)stride; i += (nuint)Vector<float>.Count)
        {
            var q = Vector.LoadUnsafe(in query, i);
            sum0 = Vector.FusedMultiplyAdd(q, Vector.LoadUnsafe(in row0, i), sum0);
            sum1 = Vector.FusedMultiplyAdd(q, Vector.LoadUnsafe(in row1, i), sum1);
            sum2 = Vector.FusedMultiplyAdd(q, Vector.LoadUnsafe(in row2, i), sum2);
            sum3 = Vector.FusedMultiplyAdd(q, Vector.LoadUnsafe(in row3, i), sum3);
        }
        return new Vector4(Vector.Sum(sum0), Vector.Sum(sum1), Vector.Sum(sum2), Vector.Sum(sum3));
    }

    /// <summary>The same number <see cref="OfFourRows"/> gives for this pair.</summary>
    public static float Of(ref readonly float left, ref readonly float right, int stride)
    {
        Vector<float> sum = default;
        for (nuint i = 0; i < (nuint)stride; i += (nuint)Vector<float>.Count)
            sum = Vector.FusedMultiplyAdd(Vector.LoadUnsafe(in left, i), Vector.LoadUnsafe(in right, i), sum);
        return Vector.Sum(sum);
    }
}
