using System.ComponentModel.DataAnnotations;

namespace CavMae.Retrieval.Embeddings;

public enum ExecutionProvider
{
    /// <summary>CUDA where the build and the machine have it, else the CPU; which one is logged and shown by the API.</summary>
    Auto,
    Cpu,

    /// <summary>CUDA or a refusal to start.</summary>
    Cuda,

    /// <summary>TensorRT or a refusal to start.</summary>
    TensorRt,
}

/// <summary>The model and how it is run (section <c>Model</c>).</summary>
public sealed class ModelOptions
{
    public const string Section = "Model";

    /// <summary>Folder of the model bundle: <c>model.json</c>, <c>audio.onnx</c>, <c>visual.onnx</c>.</summary>
    [Required(AllowEmptyStrings = false)]
    public string Path { get; set; } = "models/demo";

    public ExecutionProvider ExecutionProvider { get; set; } = ExecutionProvider.Auto;

    /// <summary>Threads of one encoder run; 0: all cores.</summary>
    [Range(0, 1024)]
    public int Threads { get; set; }

    /// <summary>
    /// Most scenes encoded in one run. Unset: 16 on a GPU, where batches win; 2 on a CPU, where one keeps all cores busy: more gain nothing, take
    /// memory (ViT-B: about 60 MB a scene), and make the first of them wait for the last; 1 for int8, whose graphs take items one by one anyway.
    /// </summary>
    [Range(1, 1024)]
    public int? MaxBatch { get; set; }

    /// <summary>How long a run waits for more scenes to join it. Unset: 5 ms on a GPU, none on a CPU, where waiting gains nothing.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:10")]
    public TimeSpan? MaxQueueDelay { get; set; }

    /// <summary>While this many scenes and frames wait for one encoder, new files are answered 429.</summary>
    [Range(1, 1_000_000)]
    public int QueueCapacity { get; set; } = 256;

    /// <summary>Device, memory and modes of a GPU.</summary>
    public GpuOptions Gpu { get; set; } = new();
}
