using Microsoft.Extensions.Logging;
using Microsoft.ML.OnnxRuntime;

namespace CavMae.Retrieval.Embeddings;

/// <summary>Chooses the execution provider and opens both encoders on it.</summary>
internal sealed partial class EncoderSessions : IDisposable
{
    private EncoderSessions(ExecutionProvider provider, AudioEncoder audio, VisualEncoder visual) => (Provider, Audio, Visual) = (provider, audio, visual);

    /// <summary>The provider in use; never <see cref="ExecutionProvider.Auto"/>.</summary>
    public ExecutionProvider Provider { get; }

    public AudioEncoder Audio { get; }
    public VisualEncoder Visual { get; }

    /// <exception cref="ModelException">The graphs do not load, or the provider that was asked for by name is not there.</exception>
    public static EncoderSessions Open(ModelBundle bundle, ModelOptions options, ILogger logger)
    {
        if (options.ExecutionProvider is not ExecutionProvider.Auto)
            return Open(bundle, options, options.ExecutionProvider);
        if (IsBuiltIn(ExecutionProvider.Cuda))
        {
            try
            {
                return Open(bundle, options, ExecutionProvider.Cuda);
            }
            catch (ModelException e)
            {
                LogCudaUnavailable(logger, e);
            }
        }
        return Open(bundle, options, ExecutionProvider.Cpu);
    }

    private static EncoderSessions Open(ModelBundle bundle, ModelOptions options, ExecutionProvider provider)
    {
        if (!IsBuiltIn(provider))
            throw new ModelException($"Model:ExecutionProvider is {provider}, but this build of ONNX Runtime has only {string.Join(", ", OrtEnv.Instance().GetAvailableProviders())}. Use a GPU build (-p:OnnxRuntimeFlavor=Gpu), or Auto or Cpu.");
        using SessionOptions session = CreateOptions(options, provider);
        AudioEncoder audio = new(bundle.AudioPath, session, bundle.Manifest.Dimension);
        try
        {
            return new EncoderSessions(provider, audio, new VisualEncoder(bundle.VisualPath, session, bundle.Manifest.Dimension));
        }
        catch
        {
            audio.Dispose();
            throw;
        }
    }

    private static SessionOptions CreateOptions(ModelOptions options, ExecutionProvider provider)
    {
        SessionOptions session = new()
        {
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            IntraOpNumThreads = options.Threads == 0 ? Environment.ProcessorCount : options.Threads,
            InterOpNumThreads = 1,
        };
        // Idle encoder threads sleep: the cores are ffmpeg's and the search's while no batch runs.
        session.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        try
        {
            if (provider is ExecutionProvider.TensorRt)
                session.AppendExecutionProvider_Tensorrt();
            if (provider is ExecutionProvider.Cuda or ExecutionProvider.TensorRt)
                session.AppendExecutionProvider_CUDA();
        }
        catch (OnnxRuntimeException e)
        {
            session.Dispose();
            throw new ModelException($"The {provider} execution provider cannot be used on this machine: {e.Message}", e);
        }
        return session;
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
}
