using CavMae.Export.Verifying;
using CavMae.Retrieval.Embeddings;

namespace CavMae.Export.Tests.Verifying;

/// <summary>Rankings and vectors made by hand, whose agreement is known.</summary>
public sealed class RetrievalAgreementTests
{
    private const double Rounding = 1e-12;

    [Fact]
    public void TopAnswers_Of_GivesTheHighestBestFirstAndEarlierTiesFirst()
    {
        Assert.Equal([3, 0, 2], TopAnswers.Of([0.5f, 0.1f, 0.5f, 0.9f, 0.4f], places: 3));
        Assert.Equal([1, 0], TopAnswers.Of([0.1f, 0.2f], places: 3));
        Assert.Equal([0, 1], TopAnswers.Of([0.3f, 0.3f, 0.3f], places: 2));
        Assert.Equal([2, 1], TopAnswers.Of([0.1f, 0.2f, 0.3f], places: 2));
    }

    [Fact]
    public void TopAnswers_OfManyScores_AreThoseOfAFullSort()
    {
        Random random = new(5);
        for (int round = 0; round < 100; round++)
        {
            // Few values, so that there are ties.
            float[] scores = [.. Enumerable.Range(0, random.Next(1, 60)).Select(_ => random.Next(8) / 8f)];
            int[] expected = [.. Enumerable.Range(0, scores.Length).OrderByDescending(i => scores[i]).ThenBy(i => i).Take(TopAnswers.Places)];

            Assert.Equal(expected, TopAnswers.Of(scores));
        }
    }

    [Theory]
    [InlineData(new float[] { 4, 3, 2, 1 }, new float[] { 4, 3, 2, 1 }, 1)]
    [InlineData(new float[] { 4, 3, 2, 1 }, new float[] { 3, 4, 2, 1 }, 1)] // another order of the same two
    [InlineData(new float[] { 4, 3, 2, 1 }, new float[] { 4, 1, 2, 3 }, 0.5)]
    [InlineData(new float[] { 4, 3, 2, 1 }, new float[] { 1, 2, 3, 4 }, 0)]
    public void TopAnswers_OverlapOfTwoPlaces_IsTheShareInCommon(float[] first, float[] second, double expected) =>
        Assert.Equal(expected, TopAnswers.Overlap(first, second, places: 2), Rounding);

    [Fact]
    public void Of_ElevenClips_CountsRecallAndOverlapOfEachDirection()
    {
        const int Count = 11;
        // The bundle finds every partner. The other takes clip 0 for clip 1 and the reverse when asked with sound.
        IEnumerable<ClipVectors> clips = Enumerable.Range(0, Count).Select(i =>
        {
            int swapped = i switch { 0 => 1, 1 => 0, _ => i };
            return Clip($"{i}", Scene(Axis(i, Count), Axis(i, Count)), Scene(Axis(swapped, Count), Axis(i, Count)));
        });

        RetrievalAgreement agreement = RetrievalAgreement.Of(clips, TestContext.Current.CancellationToken)!;

        Assert.Equal(Count, agreement.Pairs);
        Assert.Equal(1, agreement.AudioToVideo.Bundle.RecallAt1, Rounding);
        Assert.Equal(9.0 / Count, agreement.AudioToVideo.Against.RecallAt1, Rounding);
        Assert.Equal(Math.Round(200.0 / Count, 6), agreement.AudioToVideo.DifferencePoints.RecallAt1, Rounding);
        Assert.Equal(9.0 / Count, agreement.VideoToAudio.Against.RecallAt1, Rounding);
        // All but one score is 0: the answers are the partner and the first others. Only the last clip, which is among the first ten of no
        // other query, could make a difference, and it is asked the same.
        Assert.Equal(1, agreement.AudioToVideo.TopTenOverlap!.Value, Rounding);
    }

    [Fact]
    public void Of_RandomVectors_OverlapIsTheMeanOfFullSorts()
    {
        const int Count = 25, Dimension = 6;
        Random random = new(11);
        ClipVectors[] clips = [.. Enumerable.Range(0, Count).Select(i => Clip($"{i}", Scene(Noise(), Noise()), Scene(Noise(), Noise())))];

        RetrievalAgreement agreement = RetrievalAgreement.Of(clips, TestContext.Current.CancellationToken)!;

        double expected = clips.Average(query =>
            First(query, clip => clip.Bundle[0]).Intersect(First(query, clip => clip.Against[0])).Count() / 10.0);
        Assert.InRange(expected, 0.2, 0.6); // chance is 0.4
        Assert.Equal(expected, agreement.AudioToVideo.TopTenOverlap!.Value, Rounding);

        float[] Noise() => [.. Enumerable.Range(0, Dimension).Select(_ => random.NextSingle() - 0.5f)];

        IEnumerable<int> First(ClipVectors query, Func<ClipVectors, SceneEmbedding> by) => Enumerable.Range(0, Count)
            .OrderByDescending(i => by(query).Audio!.Zip(by(clips[i]).Visual!, (a, v) => (double)a * v).Sum()).Take(10);
    }

    [Fact]
    public void Of_TenClips_HasNoOverlapToTell()
    {
        IEnumerable<ClipVectors> clips = Enumerable.Range(0, 10).Select(i => Clip($"{i}", Scene(Axis(i, 10), Axis(i, 10)), Scene(Axis(i, 10), Axis(9 - i, 10))));

        Assert.Null(RetrievalAgreement.Of(clips, TestContext.Current.CancellationToken)!.AudioToVideo.TopTenOverlap);
    }

    [Fact]
    public void Of_ClipsOfOneModality_AreNoPairs()
    {
        ClipVectors both = Clip("both", Scene(Axis(0, 2), Axis(0, 2)), Scene(Axis(0, 2), Axis(0, 2)));
        ClipVectors sound = Clip("sound", Scene(Axis(0, 2), null), Scene(Axis(0, 2), null));

        Assert.Null(RetrievalAgreement.Of([both, sound], TestContext.Current.CancellationToken));
        Assert.Equal(2, RetrievalAgreement.Of([both, sound, both], TestContext.Current.CancellationToken)!.Pairs);
    }

    [Fact]
    public void Of_ClipsOfSeveralScenes_ScoresTheBestPair()
    {
        // Clip 0 hears in its first scene what it shows in its second.
        ClipVectors[] clips = [Clip("0"), Clip("1")];
        clips[0].Add(Scene(Axis(0, 3), Axis(2, 3)), Scene(Axis(0, 3), Axis(2, 3)));
        clips[0].Add(Scene(null, Axis(0, 3)), Scene(null, Axis(0, 3)));
        clips[1].Add(Scene(Axis(1, 3), Axis(1, 3)), Scene(Axis(1, 3), Axis(1, 3)));

        RetrievalAgreement agreement = RetrievalAgreement.Of(clips, TestContext.Current.CancellationToken)!;

        Assert.Equal(1, agreement.AudioToVideo.Bundle.RecallAt1, Rounding);
        Assert.Equal(1, agreement.VideoToAudio.Bundle.RecallAt1, Rounding);
    }

    [Fact]
    public void CosineReport_OfTwoClips_NamesTheWorstScene()
    {
        ClipVectors first = Clip("first", Scene([1, 0], null), Scene([1, 0], null));
        ClipVectors second = Clip("second");
        second.Add(Scene([0.6f, 0.8f], [1, 0]), Scene([0.6f, 0.8f], [1, 0]));
        second.Add(Scene([1, 0], null, index: 1), Scene([0.6f, 0.8f], null, index: 1));

        CosineReport sounds = CosineReport.Of([first, second], scene => scene.Audio)!;

        Assert.Equal(3, sounds.Items);
        Assert.Equal(0.6, sounds.Minimum, 1e-7); // 0.6 and 0.8 in float32
        Assert.Equal(2.6 / 3, sounds.Mean, 1e-7);
        Assert.Equal(new WorstScene("second", 1, 10), sounds.Worst);
        Assert.Equal(1, CosineReport.Of([first, second], scene => scene.Visual)!.Items);
        Assert.Null(CosineReport.Of([first], scene => scene.Visual));
    }

    private static ClipVectors Clip(string file, SceneEmbedding? byBundle = null, SceneEmbedding? byAgainst = null)
    {
        ClipVectors clip = new(file);
        if (byBundle is not null)
            clip.Add(byBundle, byAgainst!);
        return clip;
    }

    private static SceneEmbedding Scene(float[]? audio, float[]? visual, int index = 0) =>
        new(index, TimeSpan.FromSeconds(10 * index), TimeSpan.FromSeconds(10 * (index + 1)), audio, visual);

    private static float[] Axis(int axis, int dimension)
    {
        float[] vector = new float[dimension];
        vector[axis] = 1;
        return vector;
    }
}
