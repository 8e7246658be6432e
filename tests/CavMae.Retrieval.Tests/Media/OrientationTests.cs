using CavMae.Retrieval.Media;

namespace CavMae.Retrieval.Tests.Media;

/// <summary>Pictures stored lying are shown standing, as ffmpeg's own (slower) turning shows them.</summary>
[Collection(nameof(ProcessCounting))]
public sealed class OrientationTests : MediaTestBase
{
    /// <summary>Chroma is interpolated along other axes when the picture is turned after scaling rather than before.</summary>
    private const double MaxMeanError = 1.0;

    [Theory]
    [InlineData(90)]
    [InlineData(180)]
    [InlineData(270)]
    public async Task DecodeAsync_RotatedPhoneVideo_IsShownUpright(int degrees)
    {
        Ffmpeg("-f lavfi -i testsrc2=s=320x180:r=10:d=2 -c:v libx264 -crf 1 lying.mp4");
        string path = Ffmpeg($"-i lying.mp4 -c copy -metadata:s:v:0 rotate={degrees} clip.mp4");
        string upright = Ffmpeg("-i clip.mp4 -c:v ffv1 upright.mkv");
        (MediaInfo info, List<Scene> scenes) = await DecodeAsync(path);
        (MediaInfo expectedInfo, List<Scene> expected) = await DecodeAsync(upright);

        Assert.Equal((expectedInfo.Width, expectedInfo.Height), (info.Width, info.Height));
        AssertAlike(expected[0].Frames[0], scenes[0].Frames[0]);
    }

    [Theory]
    [InlineData(1, "null")]
    [InlineData(2, "hflip")]
    [InlineData(3, "hflip,vflip")]
    [InlineData(4, "vflip")]
    [InlineData(5, "transpose=0")]
    [InlineData(6, "transpose=1")]
    [InlineData(7, "transpose=3")]
    [InlineData(8, "transpose=2")]
    public async Task DecodeAsync_JpegWithExifOrientation_IsShownUpright(int orientation, string filter)
    {
        byte[] jpeg = File.ReadAllBytes(Ffmpeg("-f lavfi -i testsrc2=s=320x180 -frames:v 1 -pix_fmt yuvj444p -q:v 1 plain.jpg"));
        string upright = Ffmpeg($"-i plain.jpg -vf {filter} upright.png");
        byte[] exif = [0xFF, 0xE1, 0, 34, .. "Exif\0\0II*\0"u8, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, (byte)orientation, 0, 0, 0, 0, 0, 0, 0];
        string path = WriteFile("turned.jpg", [.. jpeg[..2], .. exif, .. jpeg[2..]]);
        (MediaInfo info, List<Scene> scenes) = await DecodeAsync(path);
        (MediaInfo expectedInfo, List<Scene> expected) = await DecodeAsync(upright);

        Assert.Equal((expectedInfo.Width, expectedInfo.Height), (info.Width, info.Height));
        AssertAlike(expected[0].Frames[0], scenes[0].Frames[0]);
    }

    private static void AssertAlike(RgbFrame expected, RgbFrame actual)
    {
        byte[] wanted = expected.Pixels.ToArray(), got = actual.Pixels.ToArray();
        double mean = wanted.Zip(got, (a, b) => (double)Math.Abs(a - b)).Average();
        Assert.InRange(mean, 0, MaxMeanError);
    }
}
