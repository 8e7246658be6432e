using System.Diagnostics;

namespace CavMae.Tests.Shared;

/// <summary>Makes odd media for tests with the ffmpeg program.</summary>
internal static class Ffmpeg
{
    /// <summary>Runs ffmpeg; the last argument is usually the file to make.</summary>
    public static void Run(params string[] arguments)
    {
        ProcessStartInfo start = new("ffmpeg") { RedirectStandardError = true };
        foreach (string argument in (string[])["-v", "error", "-nostdin", "-y", .. arguments])
            start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"ffmpeg {string.Join(' ', arguments)}: {errors}");
    }
}
