using System.Globalization;

namespace CavMae.Benchmarks.Running;

/// <summary>Made-up video of any length: a minute of moving pictures (25 frames a second, H.264) and sound (AAC), and the same again and again.</summary>
internal static class Film
{
    /// <param name="size">Width and height, as <c>640x360</c>.</param>
    /// <param name="sineHz">Height of the sound; each gives a file of other content.</param>
    public static async Task<string> MakeMinuteAsync(Workspace workspace, string size, int sineHz, CancellationToken cancellationToken)
    {
        string path = Path.Combine(workspace.FullPath, $"minute-{size}-{sineHz.ToString(CultureInfo.InvariantCulture)}.mp4");
        await ChildProcess.ReadOutputAsync("ffmpeg",
        [
            "-v", "error", "-y", "-f", "lavfi", "-i", $"testsrc2=size={size}:rate=25:duration=60",
            "-f", "lavfi", "-i", string.Create(CultureInfo.InvariantCulture, $"sine=frequency={sineHz}:beep_factor=4:duration=60"),
            "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-movflags", "+faststart", path,
        ], cancellationToken);
        return path;
    }

    /// <summary>The same packets again and again: an hour of film in a second.</summary>
    public static async Task<string> RepeatAsync(Workspace workspace, string path, int times, CancellationToken cancellationToken)
    {
        string repeated = Path.Combine(workspace.FullPath, $"{Path.GetFileNameWithoutExtension(path)}-{times.ToString(CultureInfo.InvariantCulture)}-times.mp4");
        await ChildProcess.ReadOutputAsync("ffmpeg",
            ["-v", "error", "-y", "-stream_loop", (times - 1).ToString(CultureInfo.InvariantCulture), "-i", path, "-c", "copy", "-movflags", "+faststart", repeated], cancellationToken);
        return repeated;
    }
}
