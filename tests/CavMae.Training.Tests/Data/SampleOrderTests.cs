using CavMae.Training.Data;

namespace CavMae.Training.Tests.Data;

public sealed class SampleOrderTests
{
    [Fact]
    public void SampleRandom_SameKeys_GiveTheSameNumbersForEver()
    {
        SampleRandom random = new(1, 2, 3);
        Assert.Equal(new SampleRandom(1, 2, 3).NextBits(), random.NextBits());
        Assert.NotEqual(new SampleRandom(1, 3, 2).NextBits(), new SampleRandom(1, 2, 3).NextBits());
        Assert.NotEqual(new SampleRandom(1, 2).NextBits(), new SampleRandom(1, 2, 0).NextBits());
    }

    [Fact]
    public void NextBeta_TenTen_HasItsMeanAndVariance()
    {
        SampleRandom random = new(5);
        double[] draws = [.. Enumerable.Range(0, 20_000).Select(_ => random.NextBeta(10))];
        double mean = draws.Average();
        Assert.Equal(0.5, mean, 0.005); // six standard errors
        Assert.Equal(1.0 / 84, draws.Average(x => (x - mean) * (x - mean)), 0.001); // 1 / (4 · (2·10 + 1))
        Assert.All(draws, x => Assert.InRange(x, 0, 1));
    }

    [Fact]
    public void Shuffled_ManyEpochs_PutsEverySampleEverywhere()
    {
        var places = new int[5, 5];
        for (int epoch = 0; epoch < 5000; epoch++)
        {
            int[] order = SampleOrder.Shuffled(5, seed: 1, epoch);
            for (int i = 0; i < 5; i++)
                places[i, order[i]]++;
        }
        foreach (int times in places)
            Assert.InRange(times, 850, 1150); // 1000 ± 28
    }

    [Fact]
    public void Balanced_Weights_DrawByTheirShare()
    {
        double[] weights = [0, 1, 0, 3, .. Enumerable.Repeat(0.0, 996)];
        int[] draws = SampleOrder.Balanced(weights, seed: 1, epoch: 0);
        Assert.Equal(1000, draws.Length);
        Assert.Equal(1000, draws.Count(index => index is 1 or 3));
        Assert.InRange(draws.Count(index => index == 3), 680, 820); // 750 ± 14
        Assert.Equal(draws, SampleOrder.Balanced(weights, 1, 0));
        Assert.NotEqual(draws, SampleOrder.Balanced(weights, 1, 1));
    }

    [Fact]
    public void Balanced_WeightsThatCannotBeDrawnBy_AreRefused()
    {
        Assert.Contains("Weight 1 is NaN", Assert.Throws<ArgumentException>(() => SampleOrder.Balanced([1, double.NaN], 0, 0)).Message, StringComparison.Ordinal);
        Assert.Contains("All weights are 0", Assert.Throws<ArgumentException>(() => SampleOrder.Balanced([0, 0], 0, 0)).Message, StringComparison.Ordinal);
    }
}
