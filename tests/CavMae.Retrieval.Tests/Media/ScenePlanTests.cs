using CavMae.Retrieval.Media;

namespace CavMae.Retrieval.Tests.Media;

/// <summary>The plan against the rule written out the slow way.</summary>
public sealed class ScenePlanTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.2, 1)]
    [InlineData(10, 1)]
    [InlineData(10.999, 1)]
    [InlineData(11, 2)]
    [InlineData(20.5, 2)]
    [InlineData(30.4, 3)]
    [InlineData(31, 4)]
    [InlineData(14400, 1440)]
    public void Cut_Length_GivesScenesWithoutShortTail(double seconds, int expected)
    {
        TimeSpan duration = TimeSpan.FromSeconds(seconds);
        List<(TimeSpan Start, TimeSpan End)> spans = ScenePlan.Cut(duration, TimeSpan.FromSeconds(10));

        Assert.Equal(expected, spans.Count);
        Assert.Equal(TimeSpan.Zero, spans[0].Start);
        Assert.Equal(duration, spans[^1].End);
        for (int s = 1; s < spans.Count; s++)
            Assert.Equal(spans[s - 1].End, spans[s].Start);
    }

    [Theory]
    [InlineData(5, 23, "0-10 5-15 10-20 15-23 20-23")]
    [InlineData(5, 20.5, "0-10 5-15 10-20 15-20.5")]
    [InlineData(4, 9, "0-9 4-9 8-9")]
    [InlineData(9.5, 19.9, "0-10 9.5-19.9")]
    [InlineData(1, 3, "0-3 1-3 2-3")]
    public void Cut_StrideBelowTheLength_OverlapsAsFarAsASceneSees(double strideSeconds, double seconds, string expected)
    {
        List<(TimeSpan Start, TimeSpan End)> spans = ScenePlan.Cut(TimeSpan.FromSeconds(seconds), TimeSpan.FromSeconds(strideSeconds));
        Assert.Equal(expected, string.Join(' ', spans.Select(span => FormattableString.Invariant($"{span.Start.TotalSeconds}-{span.End.TotalSeconds}"))));
    }

    [Theory]
    [InlineData(25, 250, 10)]
    [InlineData(30000 / 1001.0, 369, 10)]
    [InlineData(19.62, 355, 7)]
    [InlineData(12.5, 125, 3)]
    [InlineData(1, 35, 10)]
    [InlineData(0.05, 4, 10)]
    public void Create_ConstantRate_FollowsThePublishedRule(double fps, int count, double strideSeconds)
    {
        const double TicksPerSecond = 90_000;
        long[] stamps = [.. Enumerable.Range(0, count).Select(k => 500 + (long)Math.Round(k / fps * TicksPerSecond))];
        FrameTimes times = FrameTimes.FromStamps([.. stamps.OrderBy(stamp => stamp % 7)], 1 / TicksPerSecond, fps, (long)(TicksPerSecond / fps));
        Assert.True(times.IsConstantRate);
        foreach (int framesPerScene in new[] { 1, 2, 3, 5, 10 })
        {
            SceneOptions options = new() { Stride = TimeSpan.FromSeconds(strideSeconds), FramesPerScene = framesPerScene };
            ScenePlan plan = ScenePlan.Create(TimeSpan.FromSeconds(count / fps), times, options);
            foreach (PlannedScene scene in plan.Scenes)
            {
                int[] ten = TenFrames(scene.Start.TotalSeconds, fps, count);
                long[] expected = [.. Enumerable.Range(0, framesPerScene).Select(j => stamps[ten[(int)Math.Floor((j + 0.5) * 10 / framesPerScene)]])];
                Assert.Equal(expected, scene.FrameSlots.Select(slot => plan.Keys[slot]));
            }
            Assert.Equal(plan.Keys.Distinct().Order(), plan.Keys);
        }
    }

    [Fact]
    public void Create_OneFrameAScene_IsNumberFive()
    {
        FrameTimes times = FrameTimes.FromCount(250, 25, 25);
        ScenePlan plan = ScenePlan.Create(TimeSpan.FromSeconds(10), times, new SceneOptions());
        Assert.Equal([124L], plan.Keys);
        Assert.False(plan.KeysAreStamps);
    }

    [Fact]
    public void FromStamps_RandomTimes_TakesTheNearest()
    {
        Random random = new(11);
        long[] stamps = [.. Enumerable.Range(0, 500).Select(_ => random.NextInt64(1_000_000)).Distinct()];
        FrameTimes times = FrameTimes.FromStamps([.. stamps], 1e-4, 0, 100);
        Assert.False(times.IsConstantRate);
        for (int index = 0; index < times.Count; index++)
        {
            double wanted = stamps.Min() + index / times.FramesPerSecond * 1e4;
            Assert.Equal(stamps.Min(stamp => Math.Abs(stamp - wanted)), Math.Abs(times.Key(index) - wanted), tolerance: 0.5);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(90_000)]
    [InlineData(0.000001)]
    public void FromStamps_AbsurdRate_MeasuresIt(double announced)
    {
        long[] stamps = [.. Enumerable.Range(0, 100).Select(k => 40L * k)];
        Assert.Equal(25, FrameTimes.FromStamps(stamps, 1e-3, announced, 40).FramesPerSecond, tolerance: 1e-9);
    }

    /// <summary>design.md, word for word.</summary>
    private static int[] TenFrames(double startSeconds, double fps, int count)
    {
        int first = Math.Min((int)Math.Round(startSeconds * fps), count - 1);
        int n = Math.Max(1, Math.Min(count - first, (int)(10 * fps)));
        return [.. Enumerable.Range(0, 10).Select(i => first + Math.Max((int)(i * n / 10.0) - 1, 0))];
    }
}
