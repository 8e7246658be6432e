namespace CavMae.Export;

/// <summary>In what numbers a bundle's weights are kept and computed with. Front ends, norms, the sum through the blocks and pooling are float32 in all.</summary>
public enum ExportPrecision
{
    /// <summary>Everything float32.</summary>
    Fp32,

    /// <summary>
    /// Matrices of linear layers and patches as float16: files of half the size, vectors that differ in the fourth digit. On a GPU the blocks multiply in
    /// float16 as well, by a graph of their own; on a CPU, which gains nothing from that, weights become float32 while loading.
    /// </summary>
    Fp16,

    /// <summary>Linear layers in int8, for CPUs: files of a quarter of the size, and more than twice the speed.</summary>
#pragma warning disable CA1720 // What the field calls it.
    Int8,
#pragma warning restore CA1720
}
