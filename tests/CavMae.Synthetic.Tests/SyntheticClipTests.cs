namespace CavMae.Synthetic.Tests;

public sealed class SyntheticClipTests
{
    private const int FrameBytes = SyntheticClip.FrameSide * SyntheticClip.FrameSide * 3;

    [Fact]
    public void Create_SameArguments_SameSoundAndPicture()
    {
        SyntheticClip once = SyntheticClip.Create(SyntheticSplit.Training, 5, 17), again = SyntheticClip.Create(SyntheticSplit.Training, 5, 17);

        Assert.Equal(once.KindName, again.KindName);
        Assert.Equal(once.Parameters, again.Parameters);
        Assert.Equal(Sound(once), Sound(again));
        Assert.Equal(Frame(once, 4.88), Frame(again, 4.88));
    }

    [Theory]
    [InlineData(SyntheticSplit.HeldOut, 1, 0)]
    [InlineData(SyntheticSplit.Training, 2, 0)]
    [InlineData(SyntheticSplit.Training, 1, 1)]
    [InlineData(SyntheticSplit.Training, -1, 0)]
    public void Create_OneArgumentOther_OtherParameters(SyntheticSplit split, int seed, int index) =>
        Assert.NotEqual(SyntheticClip.Create(SyntheticSplit.Training, 1, 0).Parameters, SyntheticClip.Create(split, seed, index).Parameters);

    /// <summary>What was drawn once must be drawn for ever: models are trained on it. These numbers are never edited to go green.</summary>
    [Fact]
    public void Create_KnownArguments_KnownDraw()
    {
        SyntheticClip clip = SyntheticClip.Create(SyntheticSplit.HeldOut, 1, 0);

        Assert.Equal("thunder", clip.KindName);
        Assert.Equal(0.20685261f, clip.Parameters[0]);
        Assert.Equal(0.28905308f, clip.Parameters[5]);
    }

    [Fact]
    public void Create_ManyClips_KindsAndParametersUniform()
    {
        const int Count = 6000;
        int[] kinds = new int[SyntheticClip.KindNames.Count];
        double[] sums = new double[SyntheticClip.ParameterNames.Count];
        for (int index = 0; index < Count; index++)
        {
            SyntheticClip clip = SyntheticClip.Create(SyntheticSplit.Training, 3, index);
            kinds[clip.Kind]++;
            for (int i = 0; i < sums.Length; i++)
            {
                Assert.InRange(clip.Parameters[i], 0, 1);
                sums[i] += clip.Parameters[i];
            }
        }
        // 200 expected each, deviation 14: five of those. The mean of 6000 uniform draws deviates by 0.0037.
        Assert.All(kinds, count => Assert.InRange(count, 130, 270));
        Assert.All(sums, sum => Assert.InRange(sum / Count, 0.48, 0.52));
    }

    [Fact]
    public void Create_NegativeIndex_Throws() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => SyntheticClip.Create(SyntheticSplit.Training, 1, -1));

    [Fact]
    public void RenderSound_WrongLength_Throws() =>
        Assert.Throws<ArgumentException>(() => SyntheticClip.Create(SyntheticSplit.Training, 1, 1).RenderSound(new float[100]));

    [Fact]
    public void RenderFrame_WrongLength_Throws() =>
        Assert.Throws<ArgumentException>(() => SyntheticClip.Create(SyntheticSplit.Training, 1, 1).RenderFrame(0, new byte[100]));

    [Theory]
    [MemberData(nameof(Kinds))]
    public void RenderSound_LoudestAndFastest_NeverClipsNorFallsSilent(int kind)
    {
        float[] samples = new float[SyntheticClip.SampleCount];
        foreach (float size in (float[])[0, 1])
        {
            SyntheticClip.Compose(kind, new EventParameters(size, 1, 1, 1, size, 0.5f), 9).RenderSound(samples);
            Assert.InRange(samples.Max(MathF.Abs), 0.02f, 0.99f);
        }
        SyntheticClip.Compose(kind, new EventParameters(0.5f, 0, 0, 0, 0.5f, 0), 9).RenderSound(samples);
        for (int start = 0; start < samples.Length; start += 400)
        {
            // The background never lies below −76 dBFS.
            double square = samples.AsSpan(start, 400).ToArray().Average(sample => (double)sample * sample);
            Assert.True(square > 1e-8, $"the 25 ms from sample {start} on are as good as silent: mean square {square:E1}");
        }
    }

    [Fact]
    public void Render_ManyThreads_SameAsOne()
    {
        SyntheticClip[] clips = [.. Enumerable.Range(0, 24).Select(index => SyntheticClip.Create(SyntheticSplit.Training, 11, index))];
        byte[][] expected = [.. clips.Select(clip => Frame(clip, 2))];
        float[][] expectedSound = [.. clips.Take(6).Select(Sound)];

        Parallel.For(0, 48, k => Assert.Equal(expected[k % 24], Frame(clips[k % 24], 2)));
        Parallel.For(0, 12, k => Assert.Equal(expectedSound[k % 6], Sound(clips[k % 6])));
    }

    [Fact]
    public void SecondsOfFrame_FifthOfTen_IsFrame61() => Assert.Equal(61 / 12.5, SyntheticClip.SecondsOfFrame(5));

    public static TheoryData<int> Kinds() => [.. Enumerable.Range(0, SyntheticClip.KindNames.Count)];

    internal static float[] Sound(SyntheticClip clip)
    {
        float[] samples = new float[SyntheticClip.SampleCount];
        clip.RenderSound(samples);
        return samples;
    }

    internal static byte[] Frame(SyntheticClip clip, double seconds)
    {
        byte[] rgb = new byte[FrameBytes];
        clip.RenderFrame(seconds, rgb);
        return rgb;
    }
}
