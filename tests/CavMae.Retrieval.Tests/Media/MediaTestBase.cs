using System.Diagnostics;
using CavMae.Retrieval.Media;
using CavMae.Tests.Shared;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace CavMae.Retrieval.Tests.Media;

/// <summary>What media tests share: a folder of their own, ffmpeg to make inputs with, and decoders with the options of the test.</summary>
public abstract class MediaTestBase : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<MediaDecoder> _decoders = [];

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    internal static string Zoom => Fixtures.Clip("zoom_640x360_25fps_10s.mp4");

    public void Dispose()
    {
        _decoders.ForEach(decoder => decoder.Dispose());
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    protected string PathOf(string name) => _folder.File(name);

    /// <summary>Runs ffmpeg on words parted by spaces, in the test's folder, and gives the output's path (the last word).</summary>
    protected string Ffmpeg(string arguments)
    {
        string line = "-v error -nostdin -y " + arguments;
        using Process process = Process.Start(new ProcessStartInfo("ffmpeg", line) { WorkingDirectory = _folder.FullPath, RedirectStandardError = true })!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"ffmpeg {line}: {errors}");
        return PathOf(arguments.Split(' ')[^1]);
    }

    /// <summary>A small clip of so many minutes with sound: one is encoded, the others are copies.</summary>
    protected string LongClip(int minutes)
    {
        Ffmpeg("-f lavfi -i testsrc2=s=64x48:r=2:d=60 -f lavfi -i sine=r=8000:d=60 -c:v mpeg4 -c:a pcm_s16le minute.mkv");
        return Ffmpeg($"-stream_loop {minutes - 1} -i minute.mkv -c copy clip.mkv");
    }

    protected string WriteFile(string name, ReadOnlySpan<byte> bytes)
    {
        File.WriteAllBytes(PathOf(name), bytes);
        return PathOf(name);
    }

    protected MediaDecoder Decoder(Action<MediaOptions>? media = null, Action<SceneOptions>? scenes = null)
    {
        MediaOptions mediaOptions = new();
        SceneOptions sceneOptions = new();
        media?.Invoke(mediaOptions);
        scenes?.Invoke(sceneOptions);
        MediaDecoder decoder = new(Options.Create(mediaOptions), Options.Create(sceneOptions), NullLogger<MediaDecoder>.Instance, TimeProvider.System);
        _decoders.Add(decoder);
        return decoder;
    }

    protected async Task<(MediaInfo Info, List<Scene> Scenes)> DecodeAsync(string path, MediaStreams wanted = MediaStreams.All, MediaDecoder? decoder = null)
    {
        decoder ??= Decoder();
        MediaSource source = await decoder.OpenAsync(path, Cancel);
        List<Scene> scenes = await decoder.DecodeAsync(source, wanted, Cancel).ToListAsync(Cancel);
        return (source.Info, scenes);
    }

    protected async Task<MediaException> RefusedAsync(string path, MediaError error, MediaDecoder? decoder = null, MediaStreams wanted = MediaStreams.All)
    {
        MediaException refusal = await Assert.ThrowsAsync<MediaException>(() => DecodeAsync(path, wanted, decoder));
        Assert.Equal(error, refusal.Error);
        Assert.DoesNotContain(_folder.FullPath, refusal.Message, StringComparison.Ordinal);
        AssertNothingLeft();
        return refusal;
    }

    /// <summary>No ffmpeg of ours runs, and no folder of ours is left.</summary>
    protected static void AssertNothingLeft()
    {
        Assert.Empty(Children());
        // A folder may be left to another process that took it for a stale one, and is about to remove it.
        SpinWait.SpinUntil(() => !Folders().Any(), TimeSpan.FromSeconds(10));
        Assert.Empty(Folders());

        static IEnumerable<string> Folders() => Directory.EnumerateDirectories(Path.GetTempPath(), $"cavmae-media-{Environment.ProcessId}-*");
    }

    /// <summary>Process ids of all children of this process.</summary>
    protected static string[] Children() =>
        [.. Directory.EnumerateDirectories("/proc/self/task").SelectMany(ChildrenOf)];

    private static string[] ChildrenOf(string thread)
    {
        try
        {
            return File.ReadAllText(Path.Combine(thread, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (IOException)
        {
            return []; // The thread ended while it was looked at; its children belong to another now.
        }
    }
}
