using CavMae.Retrieval.Media;

namespace CavMae.Retrieval.Tests.Media;

/// <summary>Clips whose sound and pictures do not begin together: both are counted from the earlier one.</summary>
[Collection(nameof(ProcessCounting))]
public sealed class StreamOriginTests : MediaTestBase
{
    /// <summary>What codecs and time stamps of whole milliseconds blur, in samples (40 ms).</summary>
    private const int BlurSamples = 640;

    [Theory]
    [InlineData(0.0, 0.1, 0, 0)]
    [InlineData(0.1, 0.0, 0, 0)]
    [InlineData(0.0, 0.11, 0, 0.11)]
    [InlineData(13.5, 1.5, 12, 0)]
    [InlineData(-1.0, 2.0, 0, 3)]
    [InlineData(null, 2.0, 0, 0)]
    [InlineData(2.0, null, 0, 0)]
    public void Of_FirstStamps_GivesTheLaterOnesDelay(double? sound, double? pictures, double soundStart, double picturesStart)
    {
        StreamOrigin origin = StreamOrigin.Of(sound, pictures);
        Assert.Equal(soundStart, origin.SoundStart.TotalSeconds, tolerance: 1e-6);
        Assert.Equal(picturesStart, origin.PicturesStart.TotalSeconds, tolerance: 1e-6);
    }

    [Theory]
    [InlineData("mkv", "-c:v mpeg4 -c:a pcm_s16le")]
    [InlineData("mp4", "-c:v libx264 -c:a aac")]
    [InlineData("ts", "-c:v libx264 -c:a aac")]
    public async Task DecodeAsync_SoundStartsLate_IsHeardWhereItStarts(string extension, string codecs)
    {
        string path = Ffmpeg($"-f lavfi -i testsrc2=s=64x48:r=10:d=20 -itsoffset 12 -f lavfi -i sine=d=8 -map 0 -map 1 {codecs} clip.{extension}");
        (MediaInfo info, List<Scene> scenes) = await DecodeAsync(path);

        Assert.Equal(20, info.Duration.TotalSeconds, tolerance: 0.2);
        Assert.Equal(2, scenes.Count);
        Assert.All(scenes, scene => Assert.Single(scene.Frames));
        Assert.Null(scenes[0].Audio);
        short[] heard = scenes[1].Audio!.Samples.ToArray();
        Assert.InRange(heard.AsSpan().IndexOfAnyExceptInRange((short)-20, (short)20), 32_000 - BlurSamples, 32_000 + BlurSamples);
        Assert.InRange(heard.Length, 160_000 - BlurSamples, 160_000 + BlurSamples);
    }

    [Fact]
    public async Task DecodeAsync_SoundStartsALittleLate_HasZerosBefore()
    {
        Ffmpeg("-f lavfi -i aevalsrc=0.5:s=16000:d=6 -c:a pcm_s16le sound.wav");
        string path = Ffmpeg("-f lavfi -i testsrc2=s=64x48:r=10:d=10 -itsoffset 2.5 -i sound.wav -map 0 -map 1 -c:v mpeg4 -c:a copy clip.mkv");
        (_, List<Scene> scenes) = await DecodeAsync(path);

        short[] heard = Assert.Single(scenes).Audio!.Samples.ToArray();
        Assert.Equal(136_000, heard.Length);
        Assert.Equal(40_000, heard.AsSpan().IndexOfAnyExcept((short)0));
        Assert.Equal(-1, heard.AsSpan(40_000).IndexOf((short)0));
    }

    [Fact]
    public async Task DecodeAsync_SoundStartsMuchLater_GoesOnWithPicturesUntilThen()
    {
        string path = Ffmpeg("-f lavfi -i testsrc2=s=64x48:r=5:d=820 -itsoffset 800 -f lavfi -i sine=d=20 -map 0 -map 1 -c:v mpeg4 -c:a pcm_s16le clip.mkv");
        (_, List<Scene> scenes) = await DecodeAsync(path);
        Assert.Equal(82, scenes.Count);
        Assert.Equal([80, 81], scenes.Where(scene => scene.Audio is not null).Select(scene => scene.Index));
        Assert.All(scenes, scene => Assert.Single(scene.Frames));
    }

    [Theory]
    [InlineData("mkv")]
    [InlineData("mp4")]
    public async Task DecodeAsync_PicturesStartLate_AreSeenWhereTheyStart(string extension)
    {
        // The frame's grey tells its number: 2 levels each, from 20 on.
        // Made as Matroska and copied: for MP4 ffmpeg would fill the beginning with the first picture.
        Ffmpeg("-f lavfi -i sine=d=22 -itsoffset 12 -f lavfi -i color=black:s=128x128:r=10:d=10,format=gray,geq=lum='20+2*N' "
            + "-map 0 -map 1 -pix_fmt yuv420p -c:v libx264 -bf 0 -c:a aac made.mkv");
        string path = Ffmpeg($"-i made.mkv -c copy clip.{extension}");
        MediaDecoder decoder = Decoder(scenes: options => options.FramesPerScene = 10);
        (MediaInfo info, List<Scene> scenes) = await DecodeAsync(path, decoder: decoder);

        Assert.Equal(22, info.Duration.TotalSeconds, tolerance: 0.2);
        Assert.Equal(3, scenes.Count);
        Assert.All(scenes, scene => Assert.NotNull(scene.Audio));
        Assert.Empty(scenes[0].Frames);
        AssertGreys([0, 7, 15, 23, 31, 39, 47, 55, 63, 71], scenes[1].Frames);
        AssertGreys([80, 81, 83, 85, 87, 89, 91, 93, 95, 97], scenes[2].Frames);
    }

    [Fact]
    public async Task DecodeAsync_PicturesStartMuchLater_GoesOnWithSoundUntilThen()
    {
        string path = Ffmpeg("-f lavfi -i sine=r=16000:d=820 -itsoffset 800 -f lavfi -i testsrc2=s=64x48:r=5:d=20 -map 0 -map 1 -c:v libx264 -c:a pcm_s16le clip.mkv");
        (_, List<Scene> scenes) = await DecodeAsync(path);
        Assert.Equal(82, scenes.Count);
        Assert.Equal([80, 81], scenes.Where(scene => scene.Frames.Count > 0).Select(scene => scene.Index));
        Assert.All(scenes, scene => Assert.NotNull(scene.Audio));
    }

    private static void AssertGreys(int[] frameNumbers, IReadOnlyList<RgbFrame> frames)
    {
        Assert.Equal(frameNumbers.Length, frames.Count);
        for (int k = 0; k < frameNumbers.Length; k++)
            Assert.InRange(frames[k].Pixels.Span[RgbFrame.ByteCount / 2], 20 + 2 * frameNumbers[k] - 3, 20 + 2 * frameNumbers[k] + 3);
    }
}
