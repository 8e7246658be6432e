using System.Numerics.Tensors;

namespace CavMae.Retrieval.Embeddings;

/// <summary>A scene as the model sees it: its place in the clip and its unit vectors (L2 norm 1, as long as the model's dimension).</summary>
/// <param name="Index">0-based place in the clip.</param>
/// <param name="Start">Where it begins.</param>
/// <param name="End">Where it ends.</param>
/// <param name="Audio">Vector of its sound; null without sound.</param>
/// <param name="Visual">Vector of its pictures: the normalised mean of its frames' vectors; null without pictures.</param>
public sealed record SceneEmbedding(int Index, TimeSpan Start, TimeSpan End, float[]? Audio, float[]? Visual)
{
    /// <summary>How far a unit vector's L2 norm may be from 1: float32 rounding over the dimension, with room for half precision.</summary>
    public const float NormTolerance = 1e-3f;

    /// <summary>True where the L2 norm is 1 within <see cref="NormTolerance"/>; false too where a number is not finite.</summary>
    public static bool IsUnit(ReadOnlySpan<float> vector) => Math.Abs(Math.Sqrt(TensorPrimitives.SumOfSquares(vector)) - 1) <= NormTolerance;
}
