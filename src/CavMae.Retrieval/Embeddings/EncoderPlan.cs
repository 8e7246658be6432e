namespace CavMae.Retrieval.Embeddings;

/// <summary>How both encoders of a bundle are run.</summary>
/// <param name="Provider">Where; never <see cref="ExecutionProvider.Auto"/>.</param>
/// <param name="Threads">Threads of one run on the CPU, at least 1.</param>
/// <param name="Dimension">Length of a vector.</param>
/// <param name="Buckets">Batch sizes.</param>
/// <param name="OwnThread">Whether each encoder runs on a thread of its own (<see cref="EncoderThread"/>).</param>
/// <param name="Gpu">What a GPU is told; not read on a CPU.</param>
/// <param name="EngineFolder">Where TensorRT keeps the engines of this very bundle; <see langword="null"/>: nowhere.</param>
internal sealed record EncoderPlan(ExecutionProvider Provider, int Threads, int Dimension, BatchBuckets Buckets, bool OwnThread, GpuOptions Gpu, string? EngineFolder)
{
    private const int DefaultMaxBatchOnCpu = 2;
    private const int DefaultMaxBatchOnGpu = 16;

    public bool IsGpu => Provider is not ExecutionProvider.Cpu;

    /// <summary>The plan that the options ask for, on this provider.</summary>
    /// <exception cref="ModelException">Options that exclude each other.</exception>
    public static EncoderPlan From(ModelOptions options, ModelManifest model, ExecutionProvider provider)
    {
        bool gpu = provider is not ExecutionProvider.Cpu;
        if (provider is ExecutionProvider.TensorRt && options.Gpu.TensorRtFp16 && model.Precision != "fp16")
            throw new ModelException($"Model:Gpu:TensorRtFp16 is True, which is for fp16 bundles; {model.ModelId} is {model.Precision}. Export it with --precision fp16, or set it to False.");
        if (provider is ExecutionProvider.TensorRt && options.Gpu.CudaGraphs)
            throw new ModelException("Model:Gpu:CudaGraphs is True, which is for the provider Cuda; Model:ExecutionProvider is TensorRt. Set one of them otherwise.");
        int maxBatch = options.MaxBatch ?? (gpu ? DefaultMaxBatchOnGpu : model.IsForCpuOnly ? 1 : DefaultMaxBatchOnCpu);
        return new EncoderPlan(
            provider,
            options.Threads == 0 ? Environment.ProcessorCount : options.Threads,
            model.Dimension,
            gpu ? BatchBuckets.PowersOfTwo(maxBatch) : BatchBuckets.Every(maxBatch),
            OwnThread: gpu,
            options.Gpu,
            provider is ExecutionProvider.TensorRt && options.Gpu.TensorRtEngineCache.Length > 0 ? TensorRtEngines.FolderFor(options.Gpu.TensorRtEngineCache, model) : null);
    }
}
