using CavMae.Retrieval.Media;

namespace CavMae.Retrieval.Tests.Media;

/// <summary>Clips in whose middle pictures or sound pause.</summary>
[Collection(nameof(ProcessCounting))]
public sealed class StreamGapTests : MediaTestBase
{
    [Fact]
    public async Task DecodeAsync_OnePictureStandsForMinutes_GoesOnWithSound()
    {
        // A minute at 25 frames a second, 26 minutes without any, a minute again.
        string path = Ffmpeg("-f lavfi -i testsrc2=s=64x48:r=25:d=120 -f lavfi -i sine=r=16000:d=1680 "
            + "-vf setpts='if(lt(N,1500),N,N+39000)/25/TB' -fps_mode vfr -c:v libx264 -bf 3 -c:a pcm_s16le clip.mkv");
        (_, List<Scene> scenes) = await DecodeAsync(path);

        Assert.Equal(168, scenes.Count);
        Assert.All(scenes, scene => Assert.True(scene.Frames.Count == 1 && scene.Audio is not null));
        Assert.NotEqual(scenes[1].Frames[0].Pixels.ToArray(), scenes[3].Frames[0].Pixels.ToArray());
        Assert.Equal(scenes[20].Frames[0].Pixels.ToArray(), scenes[60].Frames[0].Pixels.ToArray());
    }

    [Theory]
    [InlineData("mkv", "pcm_s16le", 3)]
    [InlineData("ts", "aac", 3)]
    [InlineData("mp4", "aac", 3)]
    [InlineData("mkv", "pcm_s16le", 700)]
    public async Task DecodeAsync_SoundPauses_IsHeardWhereItGoesOn(string extension, string codec, int pauseSeconds)
    {
        // 5 s of sound, a pause without packets, 5 s of sound; pictures throughout.
        Ffmpeg($"-f lavfi -i testsrc2=s=64x48:r=5:d={pauseSeconds + 10} -f lavfi -i sine=r=16000:d=10 -c:v libx264 -c:a {codec} made.mkv");
        Ffmpeg($"-i made.mkv -map 0 -c copy -bsf:a setts=ts='if(lt(PTS*TB,5),PTS,PTS+{pauseSeconds}/TB)' paused.mkv");
        string path = Ffmpeg($"-i paused.mkv -c copy clip.{extension}");
        (MediaInfo info, List<Scene> scenes) = await DecodeAsync(path);

        Assert.Equal(pauseSeconds + 10, info.Duration.TotalSeconds, tolerance: 0.2);
        Assert.All(scenes, scene => Assert.NotNull(scene.Audio));
        Assert.All(scenes, scene => Assert.Single(scene.Frames));
        short[] sound = [.. scenes.SelectMany(scene => scene.Audio!.Samples.ToArray().Take(160_000))];
        // A tenth of a second around the borders is left to codecs and time stamps.
        Assert.True(IsLoud(sound, 0.1, 4.9));
        Assert.Equal(-1, sound.AsSpan()[Samples(5.1)..Samples(pauseSeconds + 4.9)].IndexOfAnyExceptInRange((short)-20, (short)20));
        Assert.True(IsLoud(sound, pauseSeconds + 5.1, pauseSeconds + 9.8));
    }

    [Theory]
    [InlineData("-c:a libmp3lame clip.mp3")]
    [InlineData("-c:a aac clip.aac")]
    [InlineData("-c:a aac clip.ts")]
    [InlineData("-c:a aac clip.m4a")]
    [InlineData("-c:a libvorbis clip.ogg")]
    [InlineData("-c:a libopus clip.webm")]
    [InlineData("-c:a flac clip.flac")]
    [InlineData("-c:a libmp3lame clip.avi")]
    [InlineData("-ar 8000 -c:a adpcm_ms clip.wav")]
    public async Task OpenAsync_SoundWithoutPauses_IsLeftAsItIs(string output)
    {
        MediaSource source = await Decoder().OpenAsync(Ffmpeg("-f lavfi -i anoisesrc=d=12:a=0.1,volume='if(lt(mod(t,2),1),0,1)':eval=frame " + output), Cancel);
        Assert.False(source.Streams.SoundHasGaps);
    }

    /// <summary>Every 10 ms between two times hold more than noise.</summary>
    private static bool IsLoud(short[] sound, double fromSeconds, double toSeconds) =>
        sound[Samples(fromSeconds)..Samples(toSeconds)].Chunk(160).All(part => part.Any(sample => Math.Abs((int)sample) > 500));

    private static int Samples(double seconds) => (int)(seconds * PcmAudio.SampleRateHz);
}
