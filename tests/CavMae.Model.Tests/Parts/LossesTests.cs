using CavMae.Model.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace CavMae.Model.Tests.Parts;

/// <summary>The losses against their formulas in double precision.</summary>
public sealed class LossesTests : IDisposable
{
    private const int Batch = 3, Tokens = 5, Length = 12, Width = 6;

    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    [Theory]
    [InlineData("11111 11111 11111", false)]
    [InlineData("11111 11111 11111", true)]
    [InlineData("10110 01101 11001", true)]
    [InlineData("10000 11110 00000", false)] // samples of different counts: every masked patch weighs alike
    [InlineData("10000 11110 00000", true)]
    [InlineData("00000 00000 00001", true)]
    public void Reconstruction_AnyMask_EqualsTheFormula(string pattern, bool normalizeTargets)
    {
        Tensor target = SmallModel.Random(1, Batch, Tokens, Length) * 3 + 1, prediction = SmallModel.Random(2, Batch, Tokens, Length);
        float[] mask = [.. pattern.Where(c => c != ' ').Select(c => c - '0')];

        Tensor loss = Losses.Reconstruction(target, prediction, tensor(mask, [Batch, Tokens]), normalizeTargets);

        double expected = Reconstruction(SmallModel.Values(target), SmallModel.Values(prediction), mask, normalizeTargets);
        Close.Relative(expected, loss, Tolerances.Formula, "loss");
    }

    [Fact]
    public void Reconstruction_PatchesOfOneValue_AreNormalizedToZero()
    {
        // Silence and flat colours: only the floor under the variance keeps this finite.
        Tensor loss = Losses.Reconstruction(full([1, 2, Length], 5f), zeros(1, 2, Length), ones(1, 2), normalizeTargets: true);
        Assert.Equal(0, loss.item<float>());
    }

    [Theory]
    [InlineData(1, 0.05)]
    [InlineData(2, 0.05)]
    [InlineData(7, 0.05)]
    [InlineData(7, 1)]
    public void Contrastive_AnyBatch_EqualsTheFormula(int batch, double temperature)
    {
        Tensor audio = SmallModel.Random(3, batch, Width) * 5, visual = SmallModel.Random(4, batch, Width) + audio * 0.1;
        double[,] scores = Scores(SmallModel.Values(audio), SmallModel.Values(visual), batch, temperature);
        (double loss, double accuracy) sounds = SoundsForEachPicture(scores), pictures = SoundsForEachPicture(Transposed(scores));

        ContrastiveLoss oneWay = Losses.Contrastive(audio, visual, temperature, bidirectional: false);
        ContrastiveLoss bothWays = Losses.Contrastive(audio, visual, temperature, bidirectional: true);

        Assert.Equal(sounds.loss, oneWay.Loss.item<float>(), Tolerances.ContrastiveFormula);
        Assert.Equal(sounds.accuracy, oneWay.Accuracy.item<float>(), Tolerances.Rounding);
        Assert.Equal((sounds.loss + pictures.loss) / 2, bothWays.Loss.item<float>(), Tolerances.ContrastiveFormula);
        Assert.Equal((sounds.accuracy + pictures.accuracy) / 2, bothWays.Accuracy.item<float>(), Tolerances.Rounding);
        if (batch > 2)
            Assert.True(Math.Abs(sounds.loss - pictures.loss) > 10 * Tolerances.ContrastiveFormula, "the two directions are told apart");
    }

    [Fact]
    public void Contrastive_LengthsOfVectors_DoNotMatter()
    {
        Tensor audio = SmallModel.Random(5, 4, Width), visual = SmallModel.Random(6, 4, Width);
        double loss = Losses.Contrastive(audio, visual, 0.05, bidirectional: true).Loss.item<float>();
        Close.Relative(loss, Losses.Contrastive(audio * 100, visual * 0.01, 0.05, bidirectional: true).Loss, Tolerances.Loss, "loss");
    }

    private static double Reconstruction(float[] target, float[] prediction, float[] mask, bool normalizeTargets)
    {
        double sum = 0;
        for (int patch = 0; patch < mask.Length; patch++)
        {
            double[] wanted = [.. target.AsSpan(patch * Length, Length).ToArray().Select(value => (double)value)];
            if (normalizeTargets)
            {
                double mean = wanted.Average(), variance = wanted.Sum(value => (value - mean) * (value - mean)) / (Length - 1);
                wanted = [.. wanted.Select(value => (value - mean) / Math.Sqrt(variance + 1e-6))];
            }
            double error = 0;
            for (int i = 0; i < Length; i++)
                error += Math.Pow(prediction[patch * Length + i] - wanted[i], 2) / Length;
            sum += mask[patch] * error;
        }
        return sum / mask.Sum();
    }

    private static double[,] Scores(float[] audio, float[] visual, int batch, double temperature)
    {
        var scores = new double[batch, batch];
        for (int a = 0; a < batch; a++)
        {
            for (int v = 0; v < batch; v++)
            {
                double dot = 0, first = 0, second = 0;
                for (int i = 0; i < Width; i++)
                {
                    dot += (double)audio[a * Width + i] * visual[v * Width + i];
                    first += (double)audio[a * Width + i] * audio[a * Width + i];
                    second += (double)visual[v * Width + i] * visual[v * Width + i];
                }
                scores[a, v] = dot / Math.Sqrt(first * second) / temperature;
            }
        }
        return scores;
    }

    private static double[,] Transposed(double[,] scores)
    {
        int batch = scores.GetLength(0);
        var transposed = new double[batch, batch];
        for (int i = 0; i < batch * batch; i++)
            transposed[i % batch, i / batch] = scores[i / batch, i % batch];
        return transposed;
    }

    private static (double Loss, double Accuracy) SoundsForEachPicture(double[,] scores)
    {
        int batch = scores.GetLength(0);
        double loss = 0, found = 0;
        for (int picture = 0; picture < batch; picture++)
        {
            double[] sounds = [.. Enumerable.Range(0, batch).Select(sound => scores[sound, picture])];
            loss -= Math.Log(Math.Exp(sounds[picture]) / sounds.Sum(Math.Exp)) / batch;
            found += sounds.Max() == sounds[picture] ? 1.0 / batch : 0;
        }
        return (loss, found);
    }
}
