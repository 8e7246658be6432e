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
        {
            0, "thunder",
            "37.233 61.173 117.447 151.714 93.893 47.741 34.188 31.000 30.497 30.488 14.800 22.045 39.732 49.168 31.791 17.862 13.893 13.093 12.936 12.916",
            "18.210 19.516 39.115 21.751 20.852 40.157 46.599 54.006 81.213 53.859 62.105 92.638"
        },
        {
            1, "clock",
            "29.485 47.369 78.296 26.401 18.219 16.727 16.526 16.755 16.313 16.309 15.417 30.515 45.127 14.330 10.592 8.692 9.565 8.522 9.495 8.447",
            "59.237 59.094 47.319 21.638 30.216 24.815 84.192 75.959 60.599 21.807 25.651 20.502"
        },
        {
            2, "helicopter",
            "167.117 220.454 515.442 738.704 663.091 289.827 185.843 136.165 139.803 131.512 26.226 34.151 76.260 108.356 97.416 44.232 28.876 21.925 22.377 21.385",
            "49.203 83.826 63.136 54.967 88.387 67.948 62.220 118.283 80.791 46.912 79.276 56.810"
        },
        {
            3, "flute",
            "79.995 146.758 284.076 231.470 126.518 69.903 51.654 52.939 48.206 50.191 33.621 59.178 116.547 92.193 51.209 29.056 23.169 23.622 22.469 23.115",
            "25.415 24.205 14.500 25.411 24.196 14.500 31.129 40.798 20.936 32.451 42.476 23.342"
        },
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
