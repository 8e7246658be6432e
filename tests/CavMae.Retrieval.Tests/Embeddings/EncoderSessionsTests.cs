using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Media;
using CavMae.Tests.Shared;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.ML.OnnxRuntime;

namespace CavMae.Retrieval.Tests.Embeddings;

/// <summary>The bound path that a GPU takes, on the CPU: fixed batch sizes that are filled up, and a thread for each encoder.</summary>
public sealed class EncoderSessionsTests
{
    private const int MaxBatch = 8;

    /// <summary>Matrix products of other batch sizes may add in another order, of float32 numbers below 1.</summary>
    private const float RowTolerance = 1e-6f;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Encode_FilledUpBatches_GivesTheVectorsOfEachItemAlone()
    {
        ModelBundle bundle = await ModelBundle.OpenAsync(DemoBundle.Folder, Token);
        using EncoderSessions exact = EncoderSessions.Open(bundle, Plan(bundle, BatchBuckets.Every(1), ownThread: false));
        using EncoderSessions filled = EncoderSessions.Open(bundle, Plan(bundle, BatchBuckets.PowersOfTwo(MaxBatch), ownThread: true));
        PcmAudio[] sounds = Sounds();
        RgbFrame[] pictures = Pictures();
        float[][] soundsAlone = exact.Audio.Encode(sounds);
        float[][] picturesAlone = exact.Visual.Encode(pictures);

        // 5 and 3 are filled up to 8 and 4; 11 is cut into 8 and 3. Descending, so that rows of the run before are still in the buffers.
        foreach (int count in (int[])[11, 8, 5, 3, 2, 1, 7])
        {
            AssertSame(soundsAlone[..count], filled.Audio.Encode(sounds[..count]), $"audio, {count} items");
            AssertSame(picturesAlone[..count], filled.Visual.Encode(pictures[..count]), $"visual, {count} items");
        }
    }

    [Fact]
    public async Task Encode_ManyThreadsAtOnce_EachGetsItsOwnVectors()
    {
        ModelBundle bundle = await ModelBundle.OpenAsync(DemoBundle.Folder, Token);
        using EncoderSessions sessions = EncoderSessions.Open(bundle, Plan(bundle, BatchBuckets.PowersOfTwo(2), ownThread: true));
        RgbFrame[] pictures = Pictures();
        float[][] expected = sessions.Visual.Encode(pictures);

        float[][][] actual = await Task.WhenAll(pictures.Select(picture => Task.Run(() => sessions.Visual.Encode([picture]), Token)));

        AssertSame(expected, [.. actual.Select(vectors => vectors[0])], "one a thread");
    }

    [Fact]
    public async Task Encode_NoItems_GivesNoVectors()
    {
        ModelBundle bundle = await ModelBundle.OpenAsync(DemoBundle.Folder, Token);
        using EncoderSessions sessions = EncoderSessions.Open(bundle, Plan(bundle, BatchBuckets.Every(1), ownThread: false));
        Assert.Empty(sessions.Audio.Encode([]));
    }

    [Theory]
    [InlineData(ExecutionProvider.Cuda)]
    [InlineData(ExecutionProvider.TensorRt)]
    public async Task Open_ProviderThatTheBuildLacks_IsRefusedByName(ExecutionProvider provider)
    {
        string[] builtIn = OrtEnv.Instance().GetAvailableProviders();
        Assert.SkipWhen(builtIn.Contains("CUDAExecutionProvider"), "this build of ONNX Runtime has the GPU providers");
        ModelBundle bundle = await ModelBundle.OpenAsync(DemoBundle.Folder, Token);

        ModelException refusal = Assert.Throws<ModelException>(() => EncoderSessions.Open(bundle, new ModelOptions { ExecutionProvider = provider }, NullLogger.Instance));

        Assert.Contains($"Model:ExecutionProvider is {provider}", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("OnnxRuntimeFlavor=Gpu", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_AutoWithoutGpu_RunsOnTheCpuInSmallBatches()
    {
        Assert.SkipWhen(OrtEnv.Instance().GetAvailableProviders().Contains("CUDAExecutionProvider"), "this build of ONNX Runtime has the GPU providers");
        ModelBundle bundle = await ModelBundle.OpenAsync(DemoBundle.Folder, Token);
        using EncoderSessions sessions = EncoderSessions.Open(bundle, new ModelOptions(), NullLogger.Instance);
        Assert.Equal((ExecutionProvider.Cpu, 2), (sessions.Provider, sessions.MaxBatch));
    }

    [Fact]
    public async Task Dispose_Twice_IsNoError()
    {
        ModelBundle bundle = await ModelBundle.OpenAsync(DemoBundle.Folder, Token);
        EncoderSessions sessions = EncoderSessions.Open(bundle, Plan(bundle, BatchBuckets.Every(1), ownThread: true));
        sessions.Dispose();
        sessions.Dispose();
        Assert.Throws<ObjectDisposedException>(() => sessions.Visual.Encode(Pictures()[..1]));
    }

    private static EncoderPlan Plan(ModelBundle bundle, BatchBuckets buckets, bool ownThread) =>
        new(ExecutionProvider.Cpu, Threads: 2, bundle.Manifest.Dimension, buckets, ownThread, new GpuOptions(), EngineFolder: null);

    private static PcmAudio[] Sounds()
    {
        Random random = new(21);
        return [.. Enumerable.Range(0, 11).Select(i => new PcmAudio(Enumerable.Range(0, i % 3 == 0 ? PcmAudio.MaxSamples : 400 + (9_000 * i)).Select(_ => (short)random.Next(-20_000, 20_000)).ToArray()))];
    }

    private static RgbFrame[] Pictures()
    {
        Random random = new(22);
        return [.. Enumerable.Range(0, 11).Select(_ =>
        {
            byte[] pixels = new byte[RgbFrame.ByteCount];
            random.NextBytes(pixels);
            return new RgbFrame(pixels);
        })];
    }

    private static void AssertSame(float[][] expected, float[][] actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            float distance = expected[i].Zip(actual[i], (x, y) => Math.Abs(x - y)).Max();
            Assert.True(distance <= RowTolerance, $"{what}: vector {i} is off by {distance}");
        }
    }
}
