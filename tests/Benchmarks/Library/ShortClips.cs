using System.Globalization;
using CavMae.Benchmarks.Running;

namespace CavMae.Benchmarks.Library;

/// <summary>
/// Many made-up clips of 3 s (160 × 120, 10 frames a second, H.264 and AAC in mp4), no two with the same content: pieces of long moving pictures
/// whose hue and whose sound's height and beat change all the time, one ffmpeg for each core.
/// </summary>
internal static class ShortClips
{
    private const int Seconds = 3;

    /// <param name="first">Number of the first one; a clip of a number is always alike.</param>
    /// <returns>The folder they lie in, in the order of their names.</returns>
    public static async Task<string> MakeAsync(Workspace workspace, int first, int count, CancellationToken cancellationToken)
    {
        string folder = workspace.NewFolder("clips");
        int parts = Math.Min(Environment.ProcessorCount, count);
        await Task.WhenAll(Enumerable.Range(0, parts).Select(part => MakeAsync(folder, first + (part * count / parts), first + ((part + 1) * count / parts), cancellationToken)));
        int made = Directory.GetFiles(folder).Length;
        return made == count ? folder : throw new BenchmarkException($"ffmpeg made {made} clips where {count} were wanted.");
    }

    public static IReadOnlyList<string> PathsIn(string folder) => [.. Directory.GetFiles(folder).Order(StringComparer.Ordinal)];

    private static async Task MakeAsync(string folder, int from, int to, CancellationToken cancellationToken)
    {
        // One more than wanted, which is thrown away: the last piece may be shorter than the others.
        string length = Number((to - from + 1) * Seconds);
        string start = Number(from * Seconds), seconds = Number(Seconds);
        string piece = $"floor((t+{start})/{seconds})";
        await ChildProcess.ReadOutputAsync("ffmpeg",
        [
            "-v", "error", "-f", "lavfi", "-i", $"testsrc2=size=160x120:rate=10,hue=h=7*(t+{start})",
            "-f", "lavfi", "-i", $"aevalsrc='0.4*sin(2*PI*(200+3*{piece})*t)*(0.6+0.4*sin(2*PI*(1+mod({piece},9))*t))':s=16000",
            "-t", length, "-c:v", "libx264", "-threads:v", "1", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "32k",
            "-force_key_frames", $"expr:gte(t,n_forced*{seconds})", "-f", "segment", "-segment_time", seconds, "-segment_start_number", Number(from),
            "-reset_timestamps", "1", "-segment_format", "mp4", "-segment_format_options", "movflags=+faststart", Path.Combine(folder, $"{from:D5}-%05d.mp4"),
        ], cancellationToken);
        foreach (string path in Directory.GetFiles(folder, $"{from:D5}-*.mp4").Order(StringComparer.Ordinal).Skip(to - from))
            File.Delete(path);
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
