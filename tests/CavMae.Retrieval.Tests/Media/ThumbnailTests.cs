using System.Diagnostics;
using CavMae.Retrieval.Media;

namespace CavMae.Retrieval.Tests.Media;

[Collection(nameof(ProcessCounting))]
public sealed class ThumbnailTests : MediaTestBase
{
    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(10)]
    [InlineData(1000)]
    [InlineData(-3)]
    public async Task ThumbnailAsync_AnyTime_GivesTheNearestPicture(double seconds)
    {
        byte[]? jpeg = await Decoder().ThumbnailAsync(Zoom, TimeSpan.FromSeconds(seconds), 320, Cancel);
        Assert.Equal("320x180", SizeOf(jpeg));
        AssertNothingLeft();
    }

    [Fact]
    public async Task ThumbnailAsync_OtherTimes_GiveOtherPictures() => Assert.NotEqual(
        await Decoder().ThumbnailAsync(Zoom, TimeSpan.Zero, 320, Cancel), await Decoder().ThumbnailAsync(Zoom, TimeSpan.FromSeconds(8), 320, Cancel));

    [Fact]
    public async Task ThumbnailAsync_SmallPicture_IsNotEnlarged() =>
        Assert.Equal("64x48", SizeOf(await Decoder().ThumbnailAsync(Ffmpeg("-f lavfi -i testsrc2=s=64x48 -frames:v 1 a.png"), TimeSpan.Zero, 320, Cancel)));

    [Fact]
    public async Task ThumbnailAsync_RotatedVideo_StandsUpright()
    {
        File.Copy(Zoom, PathOf("zoom.mp4"));
        string path = Ffmpeg("-i zoom.mp4 -c copy -metadata:s:v:0 rotate=90 clip.mp4");
        Assert.Equal("180x320", SizeOf(await Decoder().ThumbnailAsync(path, TimeSpan.FromSeconds(1), 320, Cancel)));
    }

    [Fact]
    public async Task ThumbnailAsync_StretchedPixels_AreMadeSquare()
    {
        string path = Ffmpeg("-f lavfi -i testsrc2=s=320x240:d=1,setsar=2/1 -c:v libx264 clip.mp4");
        Assert.Equal("320x120", SizeOf(await Decoder().ThumbnailAsync(path, TimeSpan.Zero, 320, Cancel)));
    }

    [Fact]
    public async Task ThumbnailAsync_Webp_IsAPicture() =>
        Assert.Equal("100x67", SizeOf(await Decoder().ThumbnailAsync(Ffmpeg("-f lavfi -i testsrc2=s=300x200 -frames:v 1 a.webp"), TimeSpan.FromSeconds(3), 100, Cancel)));

    [Fact]
    public async Task ThumbnailAsync_CoverOfASoundFile_IsShown()
    {
        Ffmpeg("-f lavfi -i testsrc2=s=300x200 -frames:v 1 cover.png");
        string path = Ffmpeg("-f lavfi -i sine=d=2 -i cover.png -map 0 -map 1 -c:a libmp3lame -c:v copy -disposition:v:0 attached_pic sound.mp3");
        Assert.Equal("150x100", SizeOf(await Decoder().ThumbnailAsync(path, TimeSpan.FromSeconds(1), 150, Cancel)));
    }

    [Fact]
    public async Task ThumbnailAsync_SoundOnly_IsNull() =>
        Assert.Null(await Decoder().ThumbnailAsync(Ffmpeg("-f lavfi -i sine=d=2 sound.mp3"), TimeSpan.Zero, 150, Cancel));

    [Fact]
    public async Task ThumbnailAsync_FileRemovedMeanwhile_IsNotFound()
    {
        string path = PathOf("zoom.mp4");
        File.Copy(Zoom, path);
        // Stands in for ffprobe: the file goes away between the look at its first bytes and the probe.
        string program = WriteFile("ffprobe", System.Text.Encoding.UTF8.GetBytes($"#!/bin/sh\nrm -f '{path}'\nexit 1\n"));
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        MediaDecoder decoder = Decoder(options => options.FfmpegFolder = Path.GetDirectoryName(program)!);
        await Assert.ThrowsAsync<FileNotFoundException>(() => decoder.ThumbnailAsync(path, TimeSpan.Zero, 320, Cancel));
        await Assert.ThrowsAsync<FileNotFoundException>(() => decoder.ThumbnailAsync(path, TimeSpan.Zero, 320, Cancel));
    }

    [Theory]
    [InlineData(15)]
    [InlineData(4097)]
    public async Task ThumbnailAsync_SideOutOfRange_Throws(int side) =>
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Decoder().ThumbnailAsync(Zoom, TimeSpan.Zero, side, Cancel));

    private string SizeOf(byte[]? jpeg)
    {
        Assert.NotNull(jpeg);
        string path = WriteFile("thumbnail.jpg", jpeg);
        using Process process = Process.Start(new ProcessStartInfo("ffprobe", $"-v error -show_entries stream=width,height -of csv=p=0:s=x {path}") { RedirectStandardOutput = true })!;
        string size = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return size;
    }
}
