using System.Globalization;

namespace CavMae.Synthetic.Tests;

/// <summary>The promise of the clips: every kind shows every parameter, in its sound and in each of its pictures.</summary>
public sealed class SharedParameterTests
{
    private const float Low = 0.2f;
    private const float High = 0.8f;

    // Of 255, over the whole picture, most of which is background: a thing of middle size covers 5 % of it.
    private const double LeastPictureChange = 0.8;

    // Natural logarithm of power over all bands and frames: 0.5 are 2 dB everywhere, or 20 dB in a tenth of the spectrogram.
    private const double LeastSoundChange = 0.25;

    public static TheoryData<string> Kinds() => [.. SyntheticClip.KindNames];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Render_OneParameterMoved_SoundAndPictureChange(string kindName)
    {
        int kind = SyntheticClip.KindNames.ToList().IndexOf(kindName);
        List<string> faint = [];
        for (int parameter = 0; parameter < SyntheticClip.ParameterNames.Count; parameter++)
        {
            SyntheticClip low = Moved(kind, parameter, Low), high = Moved(kind, parameter, High);
            double sound = Difference(LogSpectrum.Of(SyntheticClipTests.Sound(low)), LogSpectrum.Of(SyntheticClipTests.Sound(high)));
            foreach (double seconds in (double[])[SyntheticClip.SecondsOfFrame(0), SyntheticClip.SecondsOfFrame(5), SyntheticClip.SecondsOfFrame(9)])
            {
                double picture = Difference(SyntheticClipTests.Frame(low, seconds), SyntheticClipTests.Frame(high, seconds));
                if (picture < LeastPictureChange || sound < LeastSoundChange)
                    faint.Add(string.Create(CultureInfo.InvariantCulture, $"{SyntheticClip.ParameterNames[parameter]} at {seconds} s: picture {picture:F2}, sound {sound:F2}"));
            }
        }
        Assert.Empty(faint);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void RenderSound_Height_RaisesTrebleAgainstBass(string kindName)
    {
        int kind = SyntheticClip.KindNames.ToList().IndexOf(kindName);
        float last = float.NegativeInfinity;
        foreach (float height in (float[])[0, 0.33f, 0.67f, 1])
        {
            float[] means = LogSpectrum.MeanOverTime(LogSpectrum.Of(SyntheticClipTests.Sound(Moved(kind, parameter: 4, height))));
            float brilliance = means[^5..].Average() - means[..5].Average();
            Assert.True(brilliance > last, $"{kindName} at height {height}: {brilliance} after {last}");
            last = brilliance;
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void RenderFrame_AnyMoment_ObjectStaysInThePicture(string kindName)
    {
        int kind = SyntheticClip.KindNames.ToList().IndexOf(kindName);
        for (double seconds = 0; seconds < SyntheticClip.DurationSeconds; seconds += 0.61)
        {
            SyntheticClip clip = SyntheticClip.Compose(kind, new EventParameters(0.3f, 0.4f, 1, 0, 0.5f, 0.5f), 3);
            byte[] rgb = SyntheticClipTests.Frame(clip, seconds);
            int bright = 0;
            for (int i = 0; i < rgb.Length; i += 3)
                bright += Math.Max(rgb[i], Math.Max(rgb[i + 1], rgb[i + 2])) > 200 ? 1 : 0;
            Assert.True(bright > 300, $"{kindName} at {seconds} s has only {bright} bright pixels");
        }
    }

    private static SyntheticClip Moved(int kind, int parameter, float value)
    {
        float[] values = [0.5f, 0.5f, 0.7f, 0.3f, 0.5f, 0.5f];
        values[parameter] = value;
        return SyntheticClip.Compose(kind, EventParameters.From(values), key: 21);
    }

    private static double Difference(float[] one, float[] other) => one.Zip(other, (a, b) => Math.Abs(a - b)).Average();

    private static double Difference(byte[] one, byte[] other) => one.Zip(other, (a, b) => Math.Abs(a - b)).Average();
}
