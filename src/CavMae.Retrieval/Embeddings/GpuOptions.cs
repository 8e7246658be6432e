using System.ComponentModel.DataAnnotations;

namespace CavMae.Retrieval.Embeddings;

/// <summary>How the encoders use a GPU (section <c>Model:Gpu</c>). Read with the providers Cuda and TensorRt, and with Auto where CUDA is there; a CPU ignores it.</summary>
public sealed class GpuOptions
{
    /// <summary>Number of the GPU, as CUDA counts them.</summary>
    [Range(0, 255)]
    public int DeviceId { get; set; }

    /// <summary>
    /// Most GPU memory each encoder may keep for weights and intermediate results (TensorRT: for work space, beside its engines); 0: no limit. The
    /// libraries of CUDA take some hundred megabytes more. A limit that is too small for <see cref="ModelOptions.MaxBatch"/> stops the start.
    /// </summary>
    [Range(typeof(long), "0", "1099511627776")]
    public long MemoryLimitBytes { get; set; }

    /// <summary>
    /// Records each batch size once and replays it as a whole, which saves the time to launch its kernels one by one: most for small batches.
    /// Provider Cuda only. Each batch size then keeps buffers of its own on the GPU.
    /// </summary>
    public bool CudaGraphs { get; set; }

    /// <summary>
    /// Lets TensorRT compute in float16, of an fp16 bundle only. It then chooses for itself where, the front ends included: compare its vectors with
    /// a CPU's before a store is filled.
    /// </summary>
    public bool TensorRtFp16 { get; set; }

    /// <summary>Folder in which TensorRT keeps what it has built, minutes of work at each start otherwise; empty: it keeps nothing. One folder may serve several models.</summary>
    public string TensorRtEngineCache { get; set; } = "";
}
