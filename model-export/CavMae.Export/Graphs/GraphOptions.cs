namespace CavMae.Export.Graphs;

/// <summary>What a graph is made to run on.</summary>
internal enum GraphTarget
{
    /// <summary>Matrices in float32 or int8.</summary>
    Cpu,

    /// <summary>Matrices in float16 where the bundle's weights are.</summary>
    Gpu,
}

/// <summary>How an encoder's formula becomes a graph.</summary>
internal sealed record GraphOptions
{
    public ExportPrecision Precision { get; init; } = ExportPrecision.Fp32;

    public GraphTarget Target { get; init; } = GraphTarget.Cpu;

    /// <summary>Only standard ONNX operators: attention as products and a softmax, instead of ONNX Runtime's fused one.</summary>
    public bool StandardOperatorsOnly { get; init; }

    /// <summary>Linear layers (<c>blocks_a.0.mlp.fc1</c>) that stay float32 where the others are int8.</summary>
    public IReadOnlySet<string> FloatLayers { get; init; } = new HashSet<string>();

    public GraphPart Part { get; init; } = GraphPart.Whole;
}

/// <summary>Which part of an encoder a graph holds. Bundles hold the whole; the parts let tests compare stage by stage.</summary>
internal enum GraphPart
{
    /// <summary>Raw media in, unit vectors out.</summary>
    Whole,

    /// <summary>Waveform in, log-mel energies before normalising out: <c>log_mel</c> [batch, 128, 1024].</summary>
    LogMelOnly,

    /// <summary>Normalised features in (<c>features</c>: [batch, 128, 1024] or [batch, 3, 224, 224]), unit vectors and the last tokens (<c>tokens</c>) out.</summary>
    AfterFrontEnd,
}
