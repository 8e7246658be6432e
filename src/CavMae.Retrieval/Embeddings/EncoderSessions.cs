using CavMae.Retrieval.Media;
using Microsoft.Extensions.Logging;
using Microsoft.ML.OnnxRuntime;

namespace CavMae.Retrieval.Embeddings;

/// <summary>Chooses the execution provider and opens both encoders on it.</summary>
internal sealed partial class EncoderSessions : IDisposable
{
    private const string Tf32Override = "NVIDIA_TF32_OVERRIDE";

    private readonly EncoderPlan plan;

    private EncoderSessions(EncoderPlan plan, AudioEncoder audio, VisualEncoder visual) => (this.plan, Audio, Visual) = (plan, audio, visual);

    /// <summary>The provider in use; never <see cref="ExecutionProvider.Auto"/>.</summary>
    public ExecutionProvider Provider => plan.Provider;

    /// <summary>Most items of one run.</summary>
    public int MaxBatch => plan.Buckets.Largest;

    public AudioEncoder Audio { get; }
    public VisualEncoder Visual { get; }

    /// <summary>Opens both encoders and runs them, so that the first request is as fast as the next.</summary>
    /// <exception cref="ModelException">The graphs do not load or run, or the provider that was asked for by name is not there.</exception>
    public static EncoderSessions Open(ModelBundle bundle, ModelOptions options, ILogger logger)
    {
        if (options.ExecutionProvider is not ExecutionProvider.Auto)
            return OpenWarm(bundle, options, options.ExecutionProvider, logger);
        if (IsBuiltIn(ExecutionProvider.Cuda) && bundle.Manifest.IsForCpuOnly)
            LogForCpuOnly(logger, bundle.Manifest.ModelId);
        else if (IsBuiltIn(ExecutionProvider.Cuda))
        {
            try
            {
                return OpenWarm(bundle, options, ExecutionProvider.Cuda, logger);
            }
            catch (ModelException e)
            {
                LogCudaUnavailable(logger, e);
            }
        }
        return OpenWarm(bundle, options, ExecutionProvider.Cpu, logger);
    }

    /// <summary>Much that can be wrong with a GPU shows at the first run only.</summary>
    private static EncoderSessions OpenWarm(ModelBundle bundle, ModelOptions options, ExecutionProvider provider, ILogger logger)
    {
        if (!IsBuiltIn(provider))
            throw new ModelException($"Model:ExecutionProvider is {provider}, but this build of ONNX Runtime has only {string.Join(", ", OrtEnv.Instance().GetAvailableProviders())}. Use a GPU build (-p:OnnxRuntimeFlavor=Gpu), or Auto or Cpu.");
        EnsureSuits(bundle.Manifest, provider);
        EncoderSessions sessions = Open(bundle, EncoderPlan.From(options, bundle.Manifest, provider));
        try
        {
            sessions.WarmUp(logger);
            return sessions;
        }
        catch
        {
            sessions.Dispose();
            throw;
        }
    }

    /// <exception cref="ModelException">The bundle's graphs were not made for this provider; the message says how to export them.</exception>
    internal static void EnsureSuits(ModelManifest model, ExecutionProvider provider)
    {
        if (provider is not ExecutionProvider.Cpu && model.IsForCpuOnly)
            throw new ModelException($"Model:ExecutionProvider is {provider}, but {model.ModelId} is an int8 bundle, which is for CPUs. Use an export with --precision fp16 or fp32, or Model:ExecutionProvider Cpu.");
        if (provider is ExecutionProvider.TensorRt && !model.StandardOperators)
            throw new ModelException($"Model:ExecutionProvider is TensorRt, but {model.ModelId} was exported with operators that are ONNX Runtime's own. Export it with --standard-operators, or use Cuda.");
        if (provider is ExecutionProvider.TensorRt && model.Precision == "fp32" && Environment.GetEnvironmentVariable(Tf32Override) != "0")
            throw new ModelException($"TensorRT rounds the products of an fp32 bundle ({model.ModelId}) unless the environment says {Tf32Override}=0: set it, or export with --precision fp16.");
    }

    internal static EncoderSessions Open(ModelBundle bundle, EncoderPlan plan)
    {
        AudioEncoder audio = new(bundle.GraphPath(ModelBundle.AudioFile, plan.IsGpu), plan);
        try
        {
            return new EncoderSessions(plan, audio, new VisualEncoder(bundle.GraphPath(ModelBundle.VisualFile, plan.IsGpu), plan));
        }
        catch
        {
            audio.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Runs each encoder once, on a GPU once at every batch size: what is chosen, built, recorded or allocated at a first run is there before
    /// the first request, and memory that does not suffice is found out now.
    /// </summary>
    /// <exception cref="ModelException">A run fails, or gives no unit vectors.</exception>
    internal void WarmUp(ILogger logger)
    {
        PcmAudio silence = new(new short[PcmAudio.MaxSamples]);
        RgbFrame black = new(new byte[RgbFrame.ByteCount]);
        IReadOnlyList<int> sizes = plan.IsGpu ? plan.Buckets.Sizes : [1];
        try
        {
            foreach (int size in sizes)
            {
                foreach (float[] vector in (float[][])[.. Audio.Encode([.. Enumerable.Repeat(silence, size)]), .. Visual.Encode([.. Enumerable.Repeat(black, size)])])
                    if (!SceneEmbedding.IsUnit(vector))
                        throw new ModelException($"The model gives no unit vectors on {Provider} for silence or a black picture. Export it again, or with --precision fp32.");
            }
        }
        catch (OnnxRuntimeException e)
        {
            throw new ModelException($"The encoders cannot run on {Provider} with batches of up to {MaxBatch} (Model:MaxBatch): {e.Message}", e);
        }
        if (plan.IsGpu)
            LogGpu(logger, Provider, plan.Gpu.DeviceId, MaxBatch, plan.Gpu.CudaGraphs);
    }

    private static bool IsBuiltIn(ExecutionProvider provider)
    {
        string name = provider switch
        {
            ExecutionProvider.Cuda => "CUDAExecutionProvider",
            ExecutionProvider.TensorRt => "TensorrtExecutionProvider",
            _ => "CPUExecutionProvider",
        };
        return OrtEnv.Instance().GetAvailableProviders().Contains(name);
    }

    public void Dispose()
    {
        Audio.Dispose();
        Visual.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "CUDA is built in but cannot be used; the encoders run on the CPU.")]
    private static partial void LogCudaUnavailable(ILogger logger, Exception reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "CUDA is built in, but {ModelId} is an int8 bundle, which is for CPUs; the encoders run on the CPU.")]
    private static partial void LogForCpuOnly(ILogger logger, string modelId);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Provider} on GPU {DeviceId}, in batches of up to {MaxBatch}; CUDA graphs: {CudaGraphs}.")]
    private static partial void LogGpu(ILogger logger, ExecutionProvider provider, int deviceId, int maxBatch, bool cudaGraphs);
}
