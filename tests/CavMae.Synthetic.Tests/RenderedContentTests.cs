using System.Globalization;

namespace CavMae.Synthetic.Tests;

/// <summary>
/// What a clip looks and sounds like must stay as it is: models in use were trained on it, and the draw alone (which another test pins) says nothing
/// of how it is rendered. The numbers were recorded once and are never edited to go green; a change that moves them needs a model trained anew.
/// </summary>
public sealed class RenderedContentTests
{
    // Other processors and systems may differ in the last bits of sines and exponentials, which a sum of 16,000 samples hardly shows.
    private const double RelativeSoundTolerance = 1e-3;

    // Such a bit can turn a pixel's rounding; the mean of 56 × 56 pixels moves by much less than one level.
    private const double ColourTolerance = 0.1;

    private const int RegionSide = SyntheticClip.FrameSide / 4;

    public static TheoryData<int, string, string, string> Recorded() => new()
    {
        { 0, "thunder", "", "" },
        { 1, "a", "", "" },
        { 2, "b", "", "" },
        { 3, "c", "", "" },
    };

    [Theory]
    [MemberData(nameof(Recorded))]
    public void Render_HeldOutClip_AsRecorded(int index, string kind, string loudness, string colours)
    {
        SyntheticClip clip = SyntheticClip.Create(SyntheticSplit.HeldOut, 1, index);

        double[] sound = SumsOfSeconds(SyntheticClipTests.Sound(clip)), picture = MeansOfRegions(SyntheticClipTests.Frame(clip, SyntheticClip.SecondsOfFrame(5)));

        bool isSame = kind == clip.KindName
            && AreClose(Parse(loudness), sound, expected => RelativeSoundTolerance * expected)
            && AreClose(Parse(colours), picture, _ => ColourTolerance);

        Assert.True(isSame, $"found {{ {index}, \"{clip.KindName}\", \"{Text(sound)}\", \"{Text(picture)}\" }}, recorded {{ {index}, \"{kind}\", \"{loudness}\", \"{colours}\" }}");
    }

    /// <summary>Sum of the absolute samples of each second, then of the differences of neighbours, in which high frequencies weigh more: 20 numbers.</summary>
    private static double[] SumsOfSeconds(float[] samples)
    {
        double[] sums = new double[2 * SyntheticClip.DurationSeconds];
        for (int i = 0; i < samples.Length; i++)
        {
            int second = i / SyntheticClip.SampleRateHz;
            sums[second] += Math.Abs(samples[i]);
            sums[SyntheticClip.DurationSeconds + second] += i == 0 ? 0 : Math.Abs(samples[i] - samples[i - 1]);
        }
        return sums;
    }

    /// <summary>Mean red, green and blue of four regions of 56 × 56 pixels around the middle, 12 numbers in 0 … 255.</summary>
    private static double[] MeansOfRegions(byte[] rgb)
    {
        double[] means = new double[12];
        for (int region = 0; region < 4; region++)
            for (int y = 0; y < RegionSide; y++)
                for (int x = 0; x < RegionSide; x++)
                    for (int colour = 0; colour < 3; colour++)
                    {
                        int row = ((1 + (region / 2)) * RegionSide) + y, column = ((1 + (region % 2)) * RegionSide) + x;
                        means[(3 * region) + colour] += rgb[(((row * SyntheticClip.FrameSide) + column) * 3) + colour] / (double)(RegionSide * RegionSide);
                    }
        return means;
    }

    private static bool AreClose(double[] expected, double[] found, Func<double, double> tolerance) =>
        expected.Length == found.Length && expected.Zip(found).All(pair => Math.Abs(pair.First - pair.Second) <= tolerance(pair.First));

    private static string Text(double[] numbers) => string.Join(' ', numbers.Select(number => number.ToString("F3", CultureInfo.InvariantCulture)));

    private static double[] Parse(string numbers) => [.. numbers.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(number => double.Parse(number, CultureInfo.InvariantCulture))];
}
