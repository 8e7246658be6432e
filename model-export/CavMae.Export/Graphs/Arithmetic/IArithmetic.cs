namespace CavMae.Export.Graphs.Arithmetic;

/// <summary>
/// In what numbers an encoder's blocks multiply. Whatever it is, the sum that runs through the blocks, norms, pooling and the front
/// ends stay float32; a block's two parts <see cref="Enter"/> and <see cref="Leave"/>.
/// </summary>
internal interface IArithmetic
{
    /// <summary>How the file keeps the patch projection's matrix.</summary>
    WeightType PatchWeights { get; }

    /// <summary>float32 → what the linear layers compute with.</summary>
    string Enter(string x);

    /// <summary>What the linear layers compute with → float32.</summary>
    string Leave(string x);

    /// <summary>x · weightᵀ + bias of the layer whose tensors are <c>{layer}.weight</c> and <c>{layer}.bias</c>.</summary>
    string Linear(string x, string layer);

    /// <summary>A number to compute with between two layers.</summary>
    string Constant(string name, float value);
}
