using CavMae.Checkpoints;
using CavMae.Export.Graphs;
using CavMae.Export.Tests.Support;

namespace CavMae.Export.Tests.Graphs;

/// <summary>The exported encoders against the recorded features and embeddings of the published implementation.</summary>
public sealed class EncoderParityTests(TinyModel tiny) : IClassFixture<TinyModel>
{
    private const int Clips = 2;

    [Fact]
    public void AudioEncoder_RecordedFeatures_EqualsReference()
    {
        using var golden = SafeTensors.Open(Fixtures.Golden("tiny_io.safetensors"));
        using OnnxModel graph = tiny.Part(Modality.Audio, GraphPart.AfterFrontEnd);
        float[] timeFirst = golden.ReadFloats("audio");
        var melFirst = new float[timeFirst.Length];
        for (int clip = 0; clip < Clips; clip++)
        {
            for (int i = 0; i < 1024 * 128; i++)
                melFirst[clip * 1024 * 128 + i % 128 * 1024 + i / 128] = timeFirst[clip * 1024 * 128 + i];
        }

        float[][] outputs = graph.RunFeatures(melFirst, Clips, 128, 1024);

        AssertEqualsReference(golden, "a", outputs);
    }

    [Fact]
    public void VisualEncoder_RecordedFeatures_EqualsReference()
    {
        using var golden = SafeTensors.Open(Fixtures.Golden("tiny_io.safetensors"));
        using OnnxModel graph = tiny.Part(Modality.Visual, GraphPart.AfterFrontEnd);

        float[][] outputs = graph.RunFeatures(golden.ReadFloats("image"), Clips, 3, 224, 224);

        AssertEqualsReference(golden, "v", outputs);
    }

    [Theory]
    [InlineData(0, "bars_480x854_29.97fps_12.3s")]
    [InlineData(1, "zoom_640x360_25fps_10s")]
    public void AudioGraph_RecordedWaveform_EqualsReferenceEmbedding(int clip, string name)
    {
        using var golden = SafeTensors.Open(Fixtures.Golden("tiny_io.safetensors"));
        using var sounds = SafeTensors.Open(Fixtures.Golden("audio.safetensors"));
        (float[] waveform, long length) = Sounds.FromPcm16(sounds.ReadInt16(name + ".pcm16"));

        float[] embedding = tiny.Audio.RunAudio(waveform, length);

        AssertSameDirection(embedding, golden.ReadFloats("embedding_a").AsSpan(clip * TinyModel.Dimension, TinyModel.Dimension));
    }

    [Theory]
    [InlineData(0, "bars_480x854_29.97fps_12.3s")]
    [InlineData(1, "zoom_640x360_25fps_10s")]
    public void VisualGraph_RecordedFrame_EqualsReferenceEmbedding(int clip, string name)
    {
        using var golden = SafeTensors.Open(Fixtures.Golden("tiny_io.safetensors"));
        using var frames = SafeTensors.Open(Fixtures.Golden("frames.safetensors"));
        byte[] fifth = frames.ReadBytes(name + ".rgb224")[OnnxModel.FrameBytes..(2 * OnnxModel.FrameBytes)];

        float[] embedding = tiny.Visual.RunFrames(fifth, 1);

        AssertSameDirection(embedding, golden.ReadFloats("embedding_v").AsSpan(clip * TinyModel.Dimension, TinyModel.Dimension));
    }

    [Theory]
    [MemberData(nameof(LogMelTests.RealRecordings), MemberType = typeof(LogMelTests))]
    public void AudioGraph_RealWaveform_EqualsReferenceEmbedding(string name)
    {
        using var golden = SafeTensors.Open(Fixtures.RequireReal("golden", "embeddings.safetensors"));
        using var sounds = SafeTensors.Open(Fixtures.RequireReal("golden", "audio.safetensors"));
        (float[] waveform, long length) = Sounds.FromPcm16(sounds.ReadInt16(name + ".pcm16"));

        float[] embedding = tiny.Audio.RunAudio(waveform, length);

        AssertSameDirection(embedding, golden.ReadFloats(name + ".embedding_a"));
    }

    [Theory]
    [MemberData(nameof(LogMelTests.RealRecordings), MemberType = typeof(LogMelTests))]
    public void VisualGraph_RealFrame_EqualsReferenceEmbedding(string name)
    {
        using var golden = SafeTensors.Open(Fixtures.RequireReal("golden", "embeddings.safetensors"));
        using var frames = SafeTensors.Open(Fixtures.RequireReal("golden", "frames.safetensors"));
        byte[] fifth = frames.ReadBytes(name + ".rgb224")[OnnxModel.FrameBytes..(2 * OnnxModel.FrameBytes)];

        float[] embedding = tiny.Visual.RunFrames(fifth, 1);

        AssertSameDirection(embedding, golden.ReadFloats(name + ".embedding_v"));
    }

    private static void AssertEqualsReference(SafeTensors golden, string letter, float[][] outputs)
    {
        (float[] embeddings, float[] tokens) = (outputs[0], outputs[1]);
        float[] expectedTokens = golden.ReadFloats("feat_" + letter);
        float[] expected = golden.ReadFloats("embedding_" + letter);
        Vectors.AssertClose(tokens, expectedTokens, Tolerances.TokenError);
        for (int clip = 0; clip < Clips; clip++)
        {
            ReadOnlySpan<float> embedding = embeddings.AsSpan(clip * TinyModel.Dimension, TinyModel.Dimension);
            AssertSameDirection(embedding, expected.AsSpan(clip * TinyModel.Dimension, TinyModel.Dimension));
            AssertSameDirection(embedding, MeanToken(expectedTokens, clip));
        }
    }

    private static float[] MeanToken(float[] tokens, int clip)
    {
        int count = tokens.Length / Clips / TinyModel.Dimension;
        var mean = new float[TinyModel.Dimension];
        for (int i = 0; i < count * TinyModel.Dimension; i++)
            mean[i % TinyModel.Dimension] += tokens[clip * count * TinyModel.Dimension + i] / count;
        return mean;
    }

    private static void AssertSameDirection(ReadOnlySpan<float> actual, ReadOnlySpan<float> expected)
    {
        double cosine = Vectors.Cosine(actual, expected);
        TestContext.Current.TestOutputHelper?.WriteLine($"cosine {cosine:f9}");
        Assert.True(cosine >= Tolerances.Cosine, $"cosine {cosine:f7}");
        Assert.Equal(1, Vectors.Length(actual), Tolerances.UnitLength);
    }
}
