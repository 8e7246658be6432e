using CavMae.Retrieval.Media;
using CavMae.Tests.Shared;

namespace CavMae.Retrieval.Tests.Media;

/// <summary>How odd but valid clips become scenes.</summary>
[Collection(nameof(ProcessCounting))]
public sealed class SceneTests : MediaTestBase
{
    [Theory]
    [InlineData("10.5", 1)]
    [InlineData("11.1", 2)]
    [InlineData("30.4", 3)]
    public async Task DecodeAsync_TailOfAClip_UnderASecondBelongsToTheSceneBefore(string seconds, int expected)
    {
        string path = Ffmpeg($"-f lavfi -i testsrc2=s=64x48:r=10:d={seconds} -f lavfi -i sine=d={seconds} -c:v mpeg4 -c:a pcm_s16le clip.mkv");
        (MediaInfo info, List<Scene> scenes) = await DecodeAsync(path);

        Assert.Equal(expected, scenes.Count);
        Assert.Equal(double.Parse(seconds, System.Globalization.CultureInfo.InvariantCulture), info.Duration.TotalSeconds, tolerance: 0.05);
        Assert.Equal(info.Duration, scenes[^1].End);
        Assert.All(scenes, scene => Assert.Equal(TimeSpan.FromSeconds(10 * scene.Index), scene.Start));
        Assert.All(scenes, scene => Assert.NotNull(scene.Audio));
        Assert.All(scenes, scene => Assert.Single(scene.Frames));
        AssertNothingLeft();
    }

    [Fact]
    public async Task DecodeAsync_OneWanted_LeavesOutTheOther()
    {
        (_, List<Scene> sound) = await DecodeAsync(Zoom, MediaStreams.Audio);
        (_, List<Scene> pictures) = await DecodeAsync(Zoom, MediaStreams.Visual);
        (_, List<Scene> both) = await DecodeAsync(Zoom);

        Assert.Empty(Assert.Single(sound).Frames);
        Assert.Null(Assert.Single(pictures).Audio);
        Assert.Equal(both[0].Audio!.Samples.ToArray(), sound[0].Audio!.Samples.ToArray());
        Assert.Equal(both[0].Frames[0].Pixels.ToArray(), pictures[0].Frames[0].Pixels.ToArray());
    }

    [Theory]
    [InlineData("1x1")]
    [InlineData("17x13")]
    [InlineData("400x100")]
    [InlineData("100x400")]
    [InlineData("2000x20")]
    [InlineData("8192x1")]
    public async Task DecodeAsync_OddSize_GivesAFrame(string size)
    {
        string path = Ffmpeg($"-f lavfi -i testsrc=s={size}:r=5:d=2 -c:v ffv1 -pix_fmt bgr0 clip.mkv");
        (MediaInfo info, List<Scene> scenes) = await DecodeAsync(path);

        Assert.Equal(size, $"{info.Width}x{info.Height}");
        Assert.Equal(RgbFrame.ByteCount, Assert.Single(Assert.Single(scenes).Frames).Pixels.Length);
    }

    [Theory]
    [InlineData("-f lavfi -i sine=r=8000:d=3 -c:a pcm_s16le clip.wav")]
    [InlineData("-f lavfi -i aevalsrc=sin(2500*t)|0|0|0|0|0|0|0:c=7.1:s=48000:d=3 -c:a flac clip.flac")]
    [InlineData("-f lavfi -i aevalsrc=sin(2500*t)|0|0|0|0|0|0|0|0:s=48000:d=3 -c:a pcm_s24le clip.wav")]
    [InlineData("-f lavfi -i sine=d=3 -c:a libmp3lame clip.mp3")]
    [InlineData("-f lavfi -i sine=d=3 -c:a aac clip.aac")]
    [InlineData("-f lavfi -i sine=d=3 -c:a libopus clip.ogg")]
    [InlineData("-f lavfi -i sine=d=3 -c:a aac clip.m4a")]
    public async Task DecodeAsync_SoundOfAnyKind_GivesSamples(string arguments)
    {
        (MediaInfo info, List<Scene> scenes) = await DecodeAsync(Ffmpeg(arguments));

        Assert.True(info.HasAudio);
        Assert.False(info.HasVideo);
        Scene scene = Assert.Single(scenes);
        Assert.Empty(scene.Frames);
        Assert.InRange(scene.Audio!.Samples.Length, 47_500, 50_000);
        Assert.Contains(scene.Audio.Samples.ToArray(), sample => Math.Abs(sample) > 1000);
    }

    [Fact]
    public async Task DecodeAsync_ManyChannels_TakesTheFirst()
    {
        string path = Ffmpeg("-f lavfi -i aevalsrc=0.5*sin(440*2*PI*t)|0|0|0|0|0|0|0:c=7.1:s=48000:d=2 -c:a pcm_s16le clip.wav");
        (_, List<Scene> scenes) = await DecodeAsync(path);
        Assert.InRange(scenes[0].Audio!.Samples.ToArray().Max(), (short)16_000, (short)16_700);
    }

    [Fact]
    public async Task DecodeAsync_Silence_IsSound()
    {
        (_, List<Scene> scenes) = await DecodeAsync(Ffmpeg("-f lavfi -i anullsrc=d=2 -c:a pcm_s16le clip.wav"));
        Assert.All(Assert.Single(scenes).Audio!.Samples.ToArray(), sample => Assert.Equal(0, sample));
    }

    [Fact]
    public async Task DecodeAsync_AFifthOfASecond_IsOneScene()
    {
        string path = Ffmpeg("-f lavfi -i testsrc2=s=64x48:r=25:d=0.2 -f lavfi -i sine=d=0.2 -c:v libx264 -c:a aac clip.mp4");
        (MediaInfo info, List<Scene> scenes) = await DecodeAsync(path, decoder: Decoder(scenes: options => options.FramesPerScene = 10));

        Scene scene = Assert.Single(scenes);
        Assert.InRange(info.Duration.TotalSeconds, 0.19, 0.3);
        Assert.Equal(10, scene.Frames.Count);
        Assert.InRange(scene.Audio!.Samples.Length, 3000, 4500);
    }

    [Fact]
    public async Task DecodeAsync_SoundUnder25Milliseconds_IsNone()
    {
        string path = Ffmpeg("-f lavfi -i sine=r=16000:d=0.02 -c:a pcm_s16le clip.wav");
        await RefusedAsync(path, MediaError.MissingStream);
    }

    [Fact]
    public async Task DecodeAsync_SoundMuchShorterThanPictures_GoesOnWithPictures()
    {
        string path = Ffmpeg("-f lavfi -i testsrc2=s=64x48:r=5:d=800 -f lavfi -i sine=d=12 -c:v mpeg4 -c:a pcm_s16le clip.mkv");
        (_, List<Scene> scenes) = await DecodeAsync(path);

        Assert.Equal(80, scenes.Count);
        Assert.All(scenes, scene => Assert.Single(scene.Frames));
        Assert.Equal([0, 1], scenes.Where(scene => scene.Audio is not null).Select(scene => scene.Index));
    }

    [Fact]
    public async Task DecodeAsync_PicturesMuchShorterThanSound_GoesOnWithSound()
    {
        string path = Ffmpeg("-f lavfi -i testsrc2=s=64x48:r=5:d=12 -f lavfi -i sine=d=800 -c:v mpeg4 -c:a aac clip.mkv");
        (_, List<Scene> scenes) = await DecodeAsync(path);

        Assert.Equal(80, scenes.Count);
        Assert.All(scenes, scene => Assert.NotNull(scene.Audio));
        Assert.Equal([0, 1], scenes.Where(scene => scene.Frames.Count > 0).Select(scene => scene.Index));
    }

    [Fact]
    public async Task DecodeAsync_OnePictureAndMuchSound_GoesOnWithSound()
    {
        Ffmpeg("-f lavfi -i testsrc2=s=64x48:r=1:d=1 -c:v libx264 picture.mkv");
        string path = Ffmpeg("-i picture.mkv -f lavfi -i sine=d=800 -c:v copy -c:a aac clip.mkv");
        (_, List<Scene> scenes) = await DecodeAsync(path);
        Assert.Equal(80, scenes.Count);
        Assert.Equal([0], scenes.Where(scene => scene.Frames.Count > 0).Select(scene => scene.Index));
    }

    [Fact]
    public async Task DecodeAsync_SlideShow_ShowsEachPicture()
    {
        // A picture every 20 s, in H.264 with reordering: the decoder holds many minutes back.
        string path = Ffmpeg("-f lavfi -i testsrc2=s=64x48:r=1/20:d=1600 -f lavfi -i sine=r=16000:d=1600 -c:v libx264 -bf 3 -c:a pcm_s16le clip.mkv");
        (_, List<Scene> scenes) = await DecodeAsync(path);
        Assert.Equal(160, scenes.Count);
        Assert.All(scenes, scene => Assert.True(scene.Frames.Count == 1 && scene.Audio is not null));
    }

    [Fact]
    public async Task DecodeAsync_OverlappingScenes_SeeTheirOwnFrames()
    {
        // Frame k is a flat grey of k levels, so that a frame's brightness tells its number.
        string path = Ffmpeg("-f lavfi -i color=black:s=64x64:r=10:d=20,format=rgb24,geq=r='N':g='N':b='N' -c:v ffv1 clip.mkv");
        MediaDecoder decoder = Decoder(scenes: options => (options.Stride, options.FramesPerScene) = (TimeSpan.FromSeconds(3), 10));
        (_, List<Scene> scenes) = await DecodeAsync(path, decoder: decoder);

        Assert.Equal(7, scenes.Count);
        foreach (Scene scene in scenes)
        {
            int first = 30 * scene.Index, n = Math.Min(200 - first, 100);
            int[] expected = [.. Enumerable.Range(0, 10).Select(i => first + Math.Max(i * n / 10 - 1, 0))];
            Assert.Equal(expected, scene.Frames.Select(frame => (int)frame.Pixels.Span[0]));
        }
    }

    [Fact]
    public async Task DecodeAsync_VariableFrameRate_TakesTheNearestInTime()
    {
        // 20 frames a second for 2 s, then 4 a second for 8 s: 72 frames in 10 s, brightness tells the number.
        string path = Ffmpeg("-f lavfi -i color=black:s=64x64:r=20:d=10,format=rgb24,geq=r='N':g='N':b='N' -vf select='lt(n,40)+not(mod(n,5))' -fps_mode vfr -c:v ffv1 clip.mkv");
        (MediaInfo info, List<Scene> scenes) = await DecodeAsync(path);

        double fps = info.FrameRate!.Value;
        int n = Math.Min((int)Math.Round(info.Duration.TotalSeconds * fps), (int)(10 * fps));
        double seconds = ((int)(5.0 * n / 10) - 1) / fps;
        int nearest = (int)Math.Round(seconds * 4) * 5;
        Assert.Equal(nearest, scenes[0].Frames[0].Pixels.Span[0]);
    }

    [Fact]
    public async Task DecodeAsync_NoFrameRateInTheHeader_MeasuresIt()
    {
        byte[] file = File.ReadAllBytes(Ffmpeg("-f lavfi -i testsrc2=s=64x48:r=10:d=5 -c:v libvpx -live 1 clip.webm"));
        (MediaInfo info, List<Scene> scenes) = await DecodeAsync(WriteFile("copy.webm", file));
        Assert.Equal(10, info.FrameRate!.Value, tolerance: 0.3);
        Assert.Single(scenes);
    }
}
