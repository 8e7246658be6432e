using System.Collections.Immutable;

namespace CavMae.Checkpoints;

/// <summary>Name, shape and stored type of a tensor; its elements stay in the file until they are read.</summary>
/// <param name="Shape">Outermost dimension first; empty for a scalar.</param>
/// <param name="ElementCount">The product of <paramref name="Shape"/>.</param>
public sealed record TensorInfo(string Name, ImmutableArray<long> Shape, ElementType ElementType, long ElementCount)
{
    /// <summary>The shape as text: <c>[768, 1, 16, 16]</c>.</summary>
    public string ShapeText => $"[{string.Join(", ", Shape)}]";
}
