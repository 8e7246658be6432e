using System.Globalization;
using CavMae.Checkpoints;
using CavMae.Retrieval.Media;
using CavMae.Tests.Shared;

namespace CavMae.Retrieval.Tests.Media;

/// <summary>Sound and frames of clips against what the published implementation heard and saw.</summary>
[Collection(nameof(ProcessCounting))]
public sealed class GoldenMediaTests(ITestOutputHelper output) : MediaTestBase
{
    /// <summary>ffmpeg's scaler stands in for the reference's; six clips were recorded at 1.0 to 1.8 of 255.</summary>
    private const double MaxMeanError = 2.0;

    public static TheoryData<string, bool> Clips => new()
    {
        { "bars_480x854_29.97fps_12.3s", false },
        { "zoom_640x360_25fps_10s", false },
        { "00W1lcxW-WU_40.000", true },
        { "KlsG1EnBEjc_000361", true },
        { "v_GGSY1Qvo990", true },
        { "v_ZNVhz7ctTq0", true },
    };

    [Theory]
    [MemberData(nameof(Clips))]
    public async Task DecodeAsync_RecordedClip_HearsTheSameSamples(string name, bool isReal)
    {
        using SafeTensors golden = Golden("audio", isReal);
        short[] expected = golden.ReadInt16($"{name}.pcm16");
        (_, List<Scene> scenes) = await DecodeAsync(Clip(name, isReal));

        foreach (Scene scene in scenes)
        {
            int start = (int)(scene.Start.TotalSeconds * PcmAudio.SampleRateHz);
            short[] wanted = expected[start..Math.Min(expected.Length, start + PcmAudio.MaxSamples)];
            short[] actual = scene.Audio!.Samples.ToArray();
            Assert.Equal(wanted.Length, actual.Length);
            int firstBad = wanted.AsSpan().CommonPrefixLength(actual);
            Assert.True(firstBad == wanted.Length, string.Create(CultureInfo.InvariantCulture, $"scene {scene.Index}: sample {firstBad} differs"));
        }
    }

    [Theory]
    [MemberData(nameof(Clips))]
    public async Task DecodeAsync_RecordedClip_SeesTheSameFrames(string name, bool isReal)
    {
        using SafeTensors golden = Golden("frames", isReal);
        byte[] expected = golden.ReadBytes($"{name}.rgb224");
        int[] recorded = [0, 5, 9];
        (_, List<Scene> scenes) = await DecodeAsync(Clip(name, isReal), MediaStreams.Visual, Decoder(scenes: options => options.FramesPerScene = 10));

        for (int k = 0; k < recorded.Length; k++)
        {
            ReadOnlySpan<byte> frame = scenes[0].Frames[recorded[k]].Pixels.Span;
            (double mean, double psnr) = Differ(expected.AsSpan(k * RgbFrame.ByteCount, RgbFrame.ByteCount), frame);
            output.WriteLine($"{name} frame {recorded[k]}: mean error {mean:0.00}, PSNR {psnr:0.0} dB");
            Assert.InRange(mean, 0, MaxMeanError);
        }
    }

    [Theory]
    [MemberData(nameof(Clips))]
    public async Task OpenAsync_RecordedClip_PlansTheSameFrameNumbers(string name, bool isReal)
    {
        using SafeTensors golden = Golden("frames", isReal);
        long[] expected = golden.ReadInt64($"{name}.frame_index");
        MediaDecoder decoder = Decoder(scenes: options => options.FramesPerScene = 10);
        MediaSource source = await decoder.OpenAsync(Clip(name, isReal), Cancel);

        PlannedScene scene = source.Plan.Scenes[0];
        int[] recorded = [0, 5, 9];
        long[] actual = [.. recorded.Select(i => (long)Math.Round(source.Plan.KeySeconds[scene.FrameSlots[i]] * source.Info.FrameRate!.Value))];
        Assert.Equal(expected, actual);
    }

    private static SafeTensors Golden(string kind, bool isReal) =>
        SafeTensors.Open(isReal ? Fixtures.RequireReal("golden", $"{kind}.safetensors") : Fixtures.Golden($"{kind}.safetensors"));

    private static string Clip(string name, bool isReal) =>
        isReal ? Fixtures.RequireReal("clips", $"{name}.mp4") : Fixtures.Clip($"{name}.mp4");

    private static (double Mean, double Psnr) Differ(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual)
    {
        long sum = 0, squares = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            int difference = Math.Abs(expected[i] - actual[i]);
            sum += difference;
            squares += difference * difference;
        }
        return ((double)sum / expected.Length, 10 * Math.Log10(255.0 * 255 * expected.Length / squares));
    }
}
