using CavMae.Retrieval.Media;

namespace CavMae.Retrieval.Tests.Media;

/// <summary>A decoder that somebody ended says nothing about its file.</summary>
public sealed class KilledDecoderTests : MediaTestBase
{
    [Theory]
    [InlineData("ffprobe", "KILL")]
    [InlineData("ffprobe", "TERM")]
    [InlineData("ffmpeg", "KILL")]
    [InlineData("ffmpeg", "INT")]
    public async Task DecodeAsync_ProgramEndedFromOutside_IsNoFaultOfTheFile(string program, string signal)
    {
        MediaDecoder decoder = Decoder(options => options.FfmpegFolder = WithSignal(program, signal));
        await Assert.ThrowsAsync<DecoderKilledException>(() => DecodeAsync(decoder));
    }

    [Theory]
    [InlineData("ffprobe", "SEGV")]
    [InlineData("ffmpeg", "ABRT")]
    public async Task DecodeAsync_ProgramThatCrashes_IsAFaultOfTheFile(string program, string signal)
    {
        MediaDecoder decoder = Decoder(options => options.FfmpegFolder = WithSignal(program, signal));
        MediaException problem = await Assert.ThrowsAsync<MediaException>(() => DecodeAsync(decoder));
        Assert.Equal(MediaError.Broken, problem.Error);
    }

    private static async Task DecodeAsync(MediaDecoder decoder)
    {
        MediaSource source = await decoder.OpenAsync(Zoom, Cancel);
        await foreach (Scene _ in decoder.DecodeAsync(source, MediaStreams.All, Cancel))
        {
        }
    }

    /// <summary>A folder with both programs, one of which sends itself a signal where it should do its work.</summary>
    private string WithSignal(string program, string signal)
    {
        string folder = "";
        foreach (string name in (string[])["ffmpeg", "ffprobe"])
        {
            string instead = name == program ? $"[ \"$1\" = -version ] || kill -{signal} $$\n" : "";
            string path = WriteFile(name, System.Text.Encoding.UTF8.GetBytes($"#!/bin/sh\n{instead}exec {name} \"$@\"\n"));
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            folder = Path.GetDirectoryName(path)!;
        }
        return folder;
    }
}
