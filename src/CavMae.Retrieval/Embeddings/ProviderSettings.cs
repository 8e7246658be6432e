using System.Globalization;
using Microsoft.ML.OnnxRuntime;

namespace CavMae.Retrieval.Embeddings;

/// <summary>A plan in the words of ONNX Runtime.</summary>
internal static class ProviderSettings
{
    /// <summary>The options of one session; the caller's to dispose.</summary>
    /// <exception cref="ModelException">The provider cannot be used on this machine.</exception>
    public static SessionOptions CreateSessionOptions(EncoderPlan plan, string encoder, IReadOnlyList<HostBuffer> inputs)
    {
        SessionOptions session = new()
        {
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            IntraOpNumThreads = plan.Threads,
            InterOpNumThreads = 1,
        };
        // Idle encoder threads sleep: the cores are ffmpeg's and the search's while no batch runs.
        session.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        try
        {
            if (plan.Provider is ExecutionProvider.TensorRt)
                AppendTensorRt(session, TensorRt(plan, encoder, inputs));
            if (plan.IsGpu)
                AppendCuda(session, Cuda(plan.Gpu));
        }
        catch (OnnxRuntimeException e)
        {
            session.Dispose();
            throw new ModelException($"The {plan.Provider} execution provider cannot be used on this machine: {e.Message}", e);
        }
        return session;
    }

    public static Dictionary<string, string> Cuda(GpuOptions gpu)
    {
        Dictionary<string, string> settings = new()
        {
            ["device_id"] = Format(gpu.DeviceId),
            // As much as is asked for. Powers of two would hold up to twice the weights.
            ["arena_extend_strategy"] = "kSameAsRequested",
            // The only convolutions are the front ends', so a search for the fastest would cost more than it gains.
            ["cudnn_conv_algo_search"] = "HEURISTIC",
            // A float32 bundle is computed in float32: vectors of a GPU and of a CPU go into the same store.
            ["use_tf32"] = "0",
            ["enable_cuda_graph"] = Format(gpu.CudaGraphs),
        };
        if (gpu.MemoryLimitBytes > 0)
            settings["gpu_mem_limit"] = Format(gpu.MemoryLimitBytes);
        return settings;
    }

    public static Dictionary<string, string> TensorRt(EncoderPlan plan, string encoder, IReadOnlyList<HostBuffer> inputs)
    {
        string largest = Profile(inputs, plan.Buckets.Largest);
        Dictionary<string, string> settings = new()
        {
            ["device_id"] = Format(plan.Gpu.DeviceId),
            ["trt_fp16_enable"] = Format(plan.Gpu.TensorRtFp16),
            ["trt_layer_norm_fp32_fallback"] = Format(true),
            // One engine for all batch sizes, built at the start. Without, it is built anew whenever a batch is larger than any before.
            ["trt_profile_min_shapes"] = Profile(inputs, 1),
            ["trt_profile_opt_shapes"] = largest,
            ["trt_profile_max_shapes"] = largest,
        };
        if (plan.Gpu.MemoryLimitBytes > 0)
            settings["trt_max_workspace_size"] = Format(plan.Gpu.MemoryLimitBytes);
        if (plan.EngineFolder is { } folder)
        {
            settings["trt_engine_cache_enable"] = Format(true);
            settings["trt_engine_cache_path"] = Path.Combine(folder, encoder);
            settings["trt_timing_cache_enable"] = Format(true);
            settings["trt_timing_cache_path"] = Path.Combine(folder, encoder);
        }
        return settings;
    }

    /// <summary>Such as <c>waveform:4x164080,length:4</c>.</summary>
    private static string Profile(IReadOnlyList<HostBuffer> inputs, int rows) => string.Join(',', inputs.Select(input => $"{input.Name}:{string.Join('x', input.Shape(rows))}"));

    private static void AppendCuda(SessionOptions session, Dictionary<string, string> settings)
    {
        using OrtCUDAProviderOptions options = new();
        options.UpdateOptions(settings);
        session.AppendExecutionProvider_CUDA(options);
    }

    private static void AppendTensorRt(SessionOptions session, Dictionary<string, string> settings)
    {
        using OrtTensorRTProviderOptions options = new();
        options.UpdateOptions(settings);
        session.AppendExecutionProvider_Tensorrt(options);
    }

    private static string Format(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Format(bool value) => value ? "1" : "0";
}
