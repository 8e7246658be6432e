using CavMae.Export.Tests.Support;

namespace CavMae.Export.Tests.Graphs;

/// <summary>A row's vector depends on that row alone: not on its neighbours, nor on samples beyond its length.</summary>
public sealed class RowIndependenceTests(TinyModel tiny) : IClassFixture<TinyModel>
{
    private static readonly long[] Lengths = [OnnxModel.MaxSamples, 400, 16_000, 559, 160_001];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void AudioGraph_MixedLengthsInOneBatch_EqualEachAlone(int rows)
    {
        float[][] waveforms = [.. Enumerable.Range(0, rows).Select(row => Sounds.Noise(seed: row, Lengths[row]))];

        float[] together = tiny.Audio.RunAudio([.. waveforms.SelectMany(waveform => waveform)], Lengths[..rows]);

        Assert.Equal(rows * TinyModel.Dimension, together.Length);
        for (int row = 0; row < rows; row++)
        {
            Span<float> embedding = together.AsSpan(row * TinyModel.Dimension, TinyModel.Dimension);
            Vectors.AssertClose(embedding, tiny.Audio.RunAudio(waveforms[row], Lengths[row]), Tolerances.RowDifference);
            Assert.Equal(1, Vectors.Length(embedding), Tolerances.UnitLength);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void VisualGraph_DifferentFramesInOneBatch_EqualEachAlone(int rows)
    {
        byte[][] frames = [.. Enumerable.Range(0, rows).Select(Frame)];

        float[] together = tiny.Visual.RunFrames([.. frames.SelectMany(frame => frame)], rows);

        Assert.Equal(rows * TinyModel.Dimension, together.Length);
        for (int row = 0; row < rows; row++)
        {
            Span<float> embedding = together.AsSpan(row * TinyModel.Dimension, TinyModel.Dimension);
            Vectors.AssertClose(embedding, tiny.Visual.RunFrames(frames[row], 1), Tolerances.RowDifference);
            Assert.Equal(1, Vectors.Length(embedding), Tolerances.UnitLength);
        }
    }

    [Theory]
    [InlineData(400, 0.9f)]
    [InlineData(16_000, float.NaN)]
    [InlineData(16_001, float.PositiveInfinity)]
    [InlineData(150_000, 1e30f)]
    public void AudioGraph_AnythingBeyondLength_ChangesNothing(int length, float garbage)
    {
        float[] clean = Sounds.Noise(seed: 7, length);
        float[] dirty = [.. clean];
        dirty.AsSpan(length).Fill(garbage);

        Assert.Equal(tiny.Audio.RunAudio(clean, length), tiny.Audio.RunAudio(dirty, length));
    }

    [Fact]
    public void AudioGraph_DirtyNeighbour_ChangesNothing()
    {
        float[] sound = Sounds.Noise(seed: 3, 48_000);
        var broken = new float[OnnxModel.MaxSamples];
        Array.Fill(broken, float.NaN);

        float[] beside = tiny.Audio.RunAudio([.. broken, .. sound], OnnxModel.MaxSamples, 48_000);

        Vectors.AssertClose(beside.AsSpan(TinyModel.Dimension), tiny.Audio.RunAudio(sound, 48_000), Tolerances.RowDifference);
    }

    [Fact]
    public void AudioGraph_SampleThatCompletesNoFrame_ChangesNothing()
    {
        // 400 + 160 − 1 samples hold one whole frame, as 400 do.
        float[] sound = Sounds.Noise(seed: 5, 559);

        Assert.Equal(tiny.Audio.RunAudio(sound, 400), tiny.Audio.RunAudio(sound, 559));
        Assert.NotEqual(tiny.Audio.RunAudio(sound, 559), tiny.Audio.RunAudio(sound, 560));
    }

    private static byte[] Frame(int seed)
    {
        var frame = new byte[OnnxModel.FrameBytes];
        new Random(seed).NextBytes(frame);
        return frame;
    }
}
