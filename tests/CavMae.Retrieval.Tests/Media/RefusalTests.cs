using System.Text;
using CavMae.Retrieval.Media;

namespace CavMae.Retrieval.Tests.Media;

/// <summary>Bad files, each refused for its own reason, with nothing left behind.</summary>
[Collection(nameof(ProcessCounting))]
public sealed class RefusalTests : MediaTestBase
{
    [Theory]
    [InlineData("just some text, named like a video\n")]
    [InlineData("#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n")]
    [InlineData("ffconcat version 1.0\nfile /etc/passwd\n")]
    [InlineData("file '/etc/passwd'\n")]
    [InlineData("v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n")]
    [InlineData("GIF89a\u0001\0\u0001\0")]
    [InlineData("\0\0\0\u0018ftypheic\0\0\0\0")]
    public async Task OpenAsync_NoneOfTheList_IsUnsupported(string content)
    {
        string path = WriteFile("clip.mp4", Encoding.Latin1.GetBytes(content));
        MediaException refusal = await RefusedAsync(path, MediaError.UnsupportedType);
        Assert.Contains("MP4", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\0\0\0\u0018ftypisom\0\0\0\0isomisom")]
    [InlineData("\u001AE\u00DF\u00A3\u0088matroska")]
    [InlineData("ID3\u0004\0\0\0\0\0\0\u00FF\u00FB\u0010\u00C4\0\0")]
    [InlineData("OggS")]
    public async Task OpenAsync_PlaylistBehindTheRightMagic_OpensNothingElse(string magic)
    {
        string other = Ffmpeg("-f lavfi -i sine=d=2 other.wav");
        string path = WriteFile("clip.mp4", Encoding.Latin1.GetBytes($"{magic}\n#EXTM3U\n#EXTINF:2,\n{other}\nffconcat version 1.0\nfile {other}\n"));
        MediaException refusal = await Assert.ThrowsAsync<MediaException>(() => DecodeAsync(path));
        Assert.Contains(refusal.Error, new[] { MediaError.Broken, MediaError.UnsupportedType });
    }

    [Fact]
    public async Task OpenAsync_MoovMissing_IsBroken()
    {
        // The index is written last unless asked otherwise: half a file has none.
        byte[] whole = File.ReadAllBytes(Ffmpeg("-f lavfi -i testsrc2=s=128x96:d=12 -f lavfi -i sine=d=12 -c:v libx264 -c:a aac clip.mp4"));
        await RefusedAsync(WriteFile("cut.mp4", whole.AsSpan(0, whole.Length / 2)), MediaError.Broken);
    }

    [Theory]
    [InlineData("mp4", "-c:v libx264 -c:a aac -movflags +faststart")]
    [InlineData("mkv", "-c:v libx264 -c:a aac")]
    [InlineData("avi", "-c:v mpeg4 -c:a libmp3lame")]
    [InlineData("wav", "-vn -c:a pcm_s16le")]
    [InlineData("flac", "-vn -c:a flac")]
    public async Task OpenAsync_CutInTheMiddle_IsTruncated(string extension, string codecs)
    {
        byte[] whole = File.ReadAllBytes(Ffmpeg($"-f lavfi -i testsrc2=s=128x96:d=12 -f lavfi -i anoisesrc=d=12 {codecs} clip.{extension}"));
        string path = WriteFile($"cut.{extension}", whole.AsSpan(0, whole.Length / 2));
        MediaException refusal = await RefusedAsync(path, MediaError.Broken);
        Assert.Contains("truncated: it announces 1", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DecodeAsync_PicturesOverwrittenWithNoise_IsBroken()
    {
        byte[] file = File.ReadAllBytes(Ffmpeg("-f lavfi -i testsrc2=s=128x96:d=12 -c:v libx264 -movflags +faststart clip.mp4"));
        int data = file.AsSpan().IndexOf("mdat"u8) + 4;
        new Random(7).NextBytes(file.AsSpan(data));
        await RefusedAsync(WriteFile("noise.mp4", file), MediaError.Broken);
    }

    [Fact]
    public async Task DecodeAsync_NoSound_SaysSo()
    {
        string path = Ffmpeg("-f lavfi -i testsrc2=s=64x48:d=2 -c:v mpeg4 clip.mp4");
        MediaException refusal = await RefusedAsync(path, MediaError.MissingStream, wanted: MediaStreams.Audio);
        Assert.Contains("no sound (audio stream)", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DecodeAsync_NoPictures_SaysSo()
    {
        string path = Ffmpeg("-f lavfi -i sine=d=2 clip.mp3");
        MediaException refusal = await RefusedAsync(path, MediaError.MissingStream, wanted: MediaStreams.Visual);
        Assert.Contains("no pictures (video stream)", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DecodeAsync_CoverOnly_IsNoVideo()
    {
        Ffmpeg("-f lavfi -i testsrc2=s=300x200 -frames:v 1 cover.png");
        string withSound = Ffmpeg("-f lavfi -i sine=d=2 -i cover.png -map 0 -map 1 -c:a aac -c:v copy -disposition:v:0 attached_pic sound.m4a");
        (MediaInfo info, List<Scene> scenes) = await DecodeAsync(withSound);
        Assert.True(info.HasAudio);
        Assert.False(info.HasVideo);
        Assert.Empty(Assert.Single(scenes).Frames);
        await RefusedAsync(withSound, MediaError.MissingStream, wanted: MediaStreams.Visual);

        string coverOnly = Ffmpeg("-i sound.m4a -map 0:v -c copy -disposition:v:0 attached_pic cover.mp4");
        await RefusedAsync(coverOnly, MediaError.MissingStream);
    }

    [Fact]
    public async Task OpenAsync_TooManyPixels_IsOverLimit()
    {
        MediaDecoder decoder = Decoder(options => options.MaxPixels = 100 * 100);
        MediaException refusal = await RefusedAsync(Zoom, MediaError.OverLimit, decoder);
        Assert.Contains("640 × 360", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OpenAsync_HugeStillPicture_IsOverLimit()
    {
        string path = Ffmpeg("-f lavfi -i color=s=9000x9000 -frames:v 1 huge.png");
        await RefusedAsync(path, MediaError.OverLimit);
    }

    [Fact]
    public async Task OpenAsync_TooManyStreams_IsOverLimit()
    {
        string path = Ffmpeg("-f lavfi -i sine=d=1 -map 0 -map 0 -map 0 -c:a pcm_s16le clip.mkv");
        await RefusedAsync(path, MediaError.OverLimit, Decoder(options => options.MaxStreams = 2));
    }

    [Fact]
    public async Task OpenAsync_TooLong_IsOverLimit() =>
        await RefusedAsync(Zoom, MediaError.OverLimit, Decoder(options => options.MaxDuration = TimeSpan.FromSeconds(5)));

    [Fact]
    public async Task DecodeAsync_OutOfTime_IsOverLimitAndKills()
    {
        MediaSource source = await Decoder().OpenAsync(LongClip(60), Cancel);
        MediaDecoder decoder = Decoder(options => options.DecodeTimeout = TimeSpan.FromMilliseconds(20));
        MediaException refusal = await Assert.ThrowsAsync<MediaException>(async () => await decoder.DecodeAsync(source, MediaStreams.All, Cancel).ToListAsync(Cancel));
        Assert.Equal(MediaError.OverLimit, refusal.Error);
        AssertNothingLeft();
    }

    [Fact]
    public async Task DecodeAsync_SlowReader_IsNotOutOfTime()
    {
        // Twelve scenes: their reader alone takes longer than ffmpeg may.
        TimeSpan limit = TimeSpan.FromSeconds(4);
        MediaDecoder decoder = Decoder(options => options.DecodeTimeout = limit);
        MediaSource source = await decoder.OpenAsync(LongClip(2), Cancel);
        int scenes = 0;
        await foreach (Scene scene in decoder.DecodeAsync(source, MediaStreams.All, Cancel))
        {
            scenes++;
            await Task.Delay(limit / 10, Cancel);
        }
        Assert.Equal(12, scenes);
    }

    [Fact]
    public async Task GetVersionAsync_NoFfmpegInTheFolder_SaysWhatToDo()
    {
        MediaDecoder decoder = Decoder(options => options.FfmpegFolder = PathOf("nowhere"));
        FfmpegUnavailableException reason = await Assert.ThrowsAsync<FfmpegUnavailableException>(() => decoder.GetVersionAsync(Cancel));
        Assert.Contains("Media:FfmpegFolder", reason.Message, StringComparison.Ordinal);
        Assert.StartsWith("ffmpeg version", await Decoder().GetVersionAsync(Cancel), StringComparison.Ordinal);
    }
}
