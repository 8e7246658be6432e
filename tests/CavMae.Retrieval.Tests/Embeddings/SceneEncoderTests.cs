using System.Numerics.Tensors;
using CavMae.Checkpoints;
using CavMae.Export;
using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Media;
using CavMae.Tests.Shared;
using Microsoft.Extensions.Logging.Abstractions;

namespace CavMae.Retrieval.Tests.Embeddings;

/// <summary>The service's encoders against the vectors of the published implementation.</summary>
public sealed class SceneEncoderTests : IAsyncLifetime
{
    /// <summary>Same waveform and same pixels as the reference: only float32 rounding remains.</summary>
    private const double Parity = 0.99999;

    /// <summary>Largest change of a number when other items share the batch.</summary>
    private const float RowTolerance = 1e-5f;

    private SceneEncoder? encoder;

    private SceneEncoder Encoder => encoder!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() =>
        encoder = await SceneEncoder.OpenAsync(new ModelOptions { Path = DemoBundle.Folder, MaxBatch = 16 }, NullLogger<SceneEncoder>.Instance, TimeProvider.System, Token);

    public ValueTask DisposeAsync() => Encoder.DisposeAsync();

    [Fact]
    public async Task EncodeAsync_RecordedFixtureInputs_GiveTheRecordedVectors()
    {
        using SafeTensors expected = SafeTensors.Open(Fixtures.Golden("tiny_io.safetensors"));
        using SafeTensors audio = SafeTensors.Open(Fixtures.Golden("audio.safetensors"));
        using SafeTensors frames = SafeTensors.Open(Fixtures.Golden("frames.safetensors"));
        string[] clips = ["bars_480x854_29.97fps_12.3s", "zoom_640x360_25fps_10s"];
        for (int clip = 0; clip < clips.Length; clip++)
        {
            short[] samples = audio.ReadInt16($"{clips[clip]}.pcm16");
            byte[] pixels = frames.ReadBytes($"{clips[clip]}.rgb224");
            // Frames 0, 5 and 9 are recorded; the recorded encoder input is frame 5.
            Scene scene = new(0, default, default, new PcmAudio(samples.AsMemory(0, Math.Min(samples.Length, PcmAudio.MaxSamples))), [new RgbFrame(pixels.AsMemory(RgbFrame.ByteCount, RgbFrame.ByteCount))]);

            SceneEmbedding actual = await Encoder.EncodeAsync(scene, Token);

            AssertParity(Row(expected, "embedding_a", clip), actual.Audio!, $"{clips[clip]} audio");
            AssertParity(Row(expected, "embedding_v", clip), actual.Visual!, $"{clips[clip]} visual");
        }
    }

    [Fact]
    public async Task EncodeAsync_AloneAndInAMixedBatch_GivesTheSameVectors()
    {
        Random random = new(7);
        Scene[] scenes = [.. ((int[])[400, 16_000, 100_001, PcmAudio.MaxSamples, 401]).Select((samples, i) => new Scene(i, default, default, Noise(random, samples), [Picture(random)]))];
        List<SceneEmbedding> alone = [];
        foreach (Scene scene in scenes)
            alone.Add(await Encoder.EncodeAsync(scene, Token));

        SceneEmbedding[] together = await Task.WhenAll(scenes.Select(scene => Encoder.EncodeAsync(scene, Token)));

        for (int i = 0; i < scenes.Length; i++)
        {
            Assert.True(Distance(alone[i].Audio!, together[i].Audio!) <= RowTolerance, $"audio {i}");
            Assert.True(Distance(alone[i].Visual!, together[i].Visual!) <= RowTolerance, $"visual {i}");
        }
    }

    [Fact]
    public async Task EncodeAsync_OneModality_LeavesTheOtherOut()
    {
        Random random = new(8);
        SceneEmbedding sound = await Encoder.EncodeAsync(new Scene(3, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(40), Noise(random, 5000), []), Token);
        Assert.Null(sound.Visual);
        Assert.Equal((3, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(40)), (sound.Index, sound.Start, sound.End));
        Assert.Equal(1, TensorPrimitives.Norm(sound.Audio!), 1e-5f);
        Assert.Null((await Encoder.EncodeAsync(new Scene(0, default, default, null, [Picture(random)]), Token)).Audio);
    }

    [Fact]
    public async Task EncodeAsync_SeveralFrames_GivesTheNormalisedMean()
    {
        Random random = new(9);
        RgbFrame[] frames = [Picture(random), Picture(random), Picture(random)];
        float[] mean = new float[Encoder.Model.Dimension];
        foreach (RgbFrame frame in frames)
        {
            SceneEmbedding one = await Encoder.EncodeAsync(new Scene(0, default, default, null, [frame]), Token);
            TensorPrimitives.Add(mean, one.Visual!, mean);
        }
        TensorPrimitives.Divide(mean, TensorPrimitives.Norm(mean), mean);
        Assert.True(Distance(mean, (await Encoder.EncodeAsync(new Scene(0, default, default, null, frames), Token)).Visual!) <= RowTolerance);
    }

    [Fact]
    public async Task EncodeAsync_PictureTheModelFailsOn_IsRefusedAndNoOtherOfItsBatch()
    {
        using TemporaryFolder temporary = new();
        await using SceneEncoder overflowing = await SceneEncoder.OpenAsync(new ModelOptions { Path = ExportOverflowing(temporary), MaxBatch = 8 }, NullLogger<SceneEncoder>.Instance, TimeProvider.System, Token);
        byte[] stripes = new byte[RgbFrame.ByteCount];
        for (int row = 0; row < RgbFrame.Side; row++)
            stripes.AsSpan(row * RgbFrame.Side * 3, RgbFrame.Side * 3).Fill((byte)(row % 16 < 8 ? 0 : 255));
        Scene good = new(0, default, default, null, [new RgbFrame(new byte[RgbFrame.ByteCount])]), bad = new(1, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(20), null, [new RgbFrame(stripes)]);

        Task<SceneEmbedding>[] encodings = [.. Enumerable.Range(0, 8).Select(i => overflowing.EncodeAsync(i == 3 ? bad : good, Token))];

        MediaException refusal = await Assert.ThrowsAsync<MediaException>(() => encodings[3]);
        Assert.Equal(MediaError.NotEmbeddable, refusal.Error);
        Assert.Contains("at 10.0 s", refusal.Message, StringComparison.Ordinal);
        for (int i = 0; i < 8; i++)
            if (i != 3)
                Assert.True(SceneEmbedding.IsUnit((await encodings[i]).Visual));
    }

    [Fact]
    public async Task EnsureNotBusy_FullQueue_RefusesUntilItDrains()
    {
        Random random = new(10);
        await using SceneEncoder small = await SceneEncoder.OpenAsync(new ModelOptions { Path = DemoBundle.Folder, QueueCapacity = 3, MaxBatch = 1 }, NullLogger<SceneEncoder>.Instance, TimeProvider.System, Token);
        small.EnsureNotBusy();
        // What was begun is finished, however long the queue is: here long enough that it cannot drain before it is looked at.
        Task<SceneEmbedding> begun = small.EncodeAsync(new Scene(0, default, default, null, [.. Enumerable.Repeat(Picture(random), 300)]), Token);
        Assert.Throws<BusyException>(small.EnsureNotBusy);
        Assert.NotNull((await begun).Visual);
        for (int attempt = 0; attempt < 3000 && small.VisualQueueDepth > 0; attempt++)
            await Task.Delay(10, Token);
        small.EnsureNotBusy();
    }

    [Fact]
    public async Task EncodeAsync_Fp16Bundle_GivesTheVectorsOfFp32()
    {
        using TemporaryFolder folder = new();
        ExportResult exported = BundleExporter.Export(new ExportOptions
        {
            CheckpointPath = Fixtures.Golden("tiny.pth"),
            OutputFolder = folder.File("half"),
            Name = "half",
            Heads = 4,
            Trained = false,
            Precision = ExportPrecision.Fp16,
        }, null, Token);
        Random random = new(11);
        Scene scene = new(0, default, default, Noise(random, 100_000), [Picture(random)]);
        await using SceneEncoder half = await SceneEncoder.OpenAsync(new ModelOptions { Path = exported.Folder }, NullLogger<SceneEncoder>.Instance, TimeProvider.System, Token);

        Assert.Equal("fp16", half.Model.Precision);
        SceneEmbedding expected = await Encoder.EncodeAsync(scene, Token);
        SceneEmbedding actual = await half.EncodeAsync(scene, Token);
        AssertParity(expected.Audio!, actual.Audio!, "audio");
        AssertParity(expected.Visual!, actual.Visual!, "visual");
    }

    [Fact]
    public async Task OpenAsync_WrongBundles_AreRefusedByName()
    {
        using TemporaryFolder empty = new();
        ModelException missing = await Assert.ThrowsAsync<ModelException>(() => ModelBundle.OpenAsync(empty.FullPath, Token));
        Assert.Contains("Model:Path", missing.Message, StringComparison.Ordinal);

        await AssertRefusedAsync(text => text.Replace("\"dimension\": 32", "\"dimension\": 33", StringComparison.Ordinal), "33 values");
        await AssertRefusedAsync(text => text.Replace("\"sampleRateHz\": 16000", "\"sampleRateHz\": 44100", StringComparison.Ordinal), "sampleRateHz is 44100");
        await AssertRefusedAsync(text => text.Replace("\"formatVersion\": 1", "\"formatVersion\": 2", StringComparison.Ordinal), "formatVersion is 2");
        await AssertRefusedAsync(text => text.Replace("\"visual.onnx\"", "\"../visual.onnx\"", StringComparison.Ordinal), "visual.onnx");
        await AssertRefusedAsync(_ => "{", "not a model manifest");
        await AssertRefusedAsync(_ => "{}", "not a model manifest");
    }

    private static async Task AssertRefusedAsync(Func<string, string> change, string words)
    {
        using TemporaryFolder folder = new();
        foreach (string file in Directory.GetFiles(DemoBundle.Folder))
            File.Copy(file, folder.File(Path.GetFileName(file)));
        string manifest = folder.File(ModelBundle.ManifestFile);
        await File.WriteAllTextAsync(manifest, change(await File.ReadAllTextAsync(manifest, Token)), Token);
        ModelException refusal = await Assert.ThrowsAsync<ModelException>(async () =>
        {
            await using SceneEncoder opened = await SceneEncoder.OpenAsync(new ModelOptions { Path = folder.FullPath }, NullLogger<SceneEncoder>.Instance, TimeProvider.System, Token);
        });
        Assert.Contains(words, refusal.Message, StringComparison.Ordinal);
    }

    private static float[] Row(SafeTensors file, string name, int row)
    {
        int width = (int)file.Shape(name)[^1];
        return file.ReadFloats(name)[(row * width)..((row + 1) * width)];
    }

    private static void AssertParity(float[] expected, float[] actual, string what)
    {
        float cosine = TensorPrimitives.CosineSimilarity(expected, actual);
        Assert.True(cosine >= Parity, $"{what}: cosine {cosine}");
    }

    private static float Distance(float[] a, float[] b) => a.Zip(b, (x, y) => Math.Abs(x - y)).Max();

    private static PcmAudio Noise(Random random, int samples) => new(Enumerable.Range(0, samples).Select(_ => (short)random.Next(-20_000, 20_000)).ToArray());

    private static RgbFrame Picture(Random random)
    {
        byte[] pixels = new byte[RgbFrame.ByteCount];
        random.NextBytes(pixels);
        return new RgbFrame(pixels);
    }

    /// <summary>
    /// A model whose first layer adds up the upper half of a patch and subtracts the lower: nought for an even picture, more than a float holds for
    /// stripes of half a patch.
    /// </summary>
    private static string ExportOverflowing(TemporaryFolder folder)
    {
        const int channels = 3, side = 16;
        const float weight = 1e36f;
        using Checkpoint source = Checkpoint.Open(Fixtures.Golden("tiny.pth"));
        string path = folder.File("overflowing.safetensors");
        SafeTensorsWriter.Write(path, [.. source.Names.Select(name => new TensorToWrite(name, source[name].Shape, elements =>
        {
            source.ReadFloats(name).CopyTo(elements);
            if (name.EndsWith("patch_embed_v.proj.weight", StringComparison.Ordinal))
                for (int i = 0; i < channels * side * side; i++)
                    elements[i] = i >= side * side ? 0 : i < side * side / 2 ? weight : -weight;
        }))]);
        return BundleExporter.Export(new ExportOptions { CheckpointPath = path, OutputFolder = folder.File("overflowing"), Name = "overflowing", Heads = 4, Trained = false }, null, CancellationToken.None).Folder;
    }
}
