namespace CavMae.Export;

/// <summary>How a bundle keeps its weights. The encoders compute in float32 either way, so that a row stays independent of its batch.</summary>
public enum ExportPrecision
{
    /// <summary>Every weight as float32.</summary>
    Fp32,

    /// <summary>
    /// Matrices of linear layers and patches as float16, cast to float32 inside the graph, which runtimes do once while loading: files of about half
    /// the size, vectors that differ in the fourth digit. Norms, biases, positions and the log-mel front end stay float32.
    /// </summary>
    Fp16,
}
