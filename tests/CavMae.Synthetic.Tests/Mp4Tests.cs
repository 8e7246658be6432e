using System.Diagnostics;
using System.Runtime.InteropServices;

namespace CavMae.Synthetic.Tests;

/// <summary>What a decoder finds in a written file is what the fast path renders: a model trained on the one must know the other.</summary>
public sealed class Mp4Tests
{
    // Chroma at half resolution and H.264 at CRF 17.
    private const double MostFrameDifference = 3;

    // AAC at 16 kHz: what it alters lies well below the sound.
    private const double LeastCorrelation = 0.98;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task WriteMp4Async_AnyClip_DecodesToTheSame(int index)
    {
        using TemporaryFolder folder = new();
        string path = folder.File("clip.mp4"), frames = folder.File("frames.rgb"), sound = folder.File("sound.f32");
        SyntheticClip clip = SyntheticClip.Create(SyntheticSplit.HeldOut, 4, index);

        await clip.WriteMp4Async(path, TestContext.Current.CancellationToken);

        Ffmpeg.Run("-i", path, "-an", "-sws_flags", "bilinear+accurate_rnd+full_chroma_int+full_chroma_inp", "-f", "rawvideo", "-pix_fmt", "rgb24", frames);
        Ffmpeg.Run("-i", path, "-vn", "-ar", "16000", "-f", "f32le", sound);
        byte[] rgb = await File.ReadAllBytesAsync(frames, TestContext.Current.CancellationToken);
        byte[] expected = SyntheticClipTests.Frame(clip, SyntheticClip.SecondsOfFrame(5));
        Assert.Equal(SyntheticClip.FrameCount, rgb.Length / expected.Length);
        double difference = expected.Select((value, i) => (double)Math.Abs(value - rgb[(61 * expected.Length) + i])).Average();
        Assert.True(difference < MostFrameDifference, $"{clip.KindName}: frame 61 is off by {difference:F2}");

        float[] heard = MemoryMarshal.Cast<byte, float>(await File.ReadAllBytesAsync(sound, TestContext.Current.CancellationToken)).ToArray();
        Assert.InRange(heard.Length, SyntheticClip.SampleCount, SyntheticClip.SampleCount + 1024);
        double correlation = Correlation(SyntheticClipTests.Sound(clip), heard);
        Assert.True(correlation > LeastCorrelation, $"{clip.KindName}: the sound correlates by {correlation:F4} only");
        Assert.Equal(["clip.mp4", "frames.rgb", "sound.f32"], Directory.GetFiles(folder.FullPath).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task WriteMp4Async_FolderMissing_ThrowsAndLeavesNothing()
    {
        using TemporaryFolder folder = new();
        SyntheticClip clip = SyntheticClip.Create(SyntheticSplit.HeldOut, 4, 0);

        await Assert.ThrowsAsync<DirectoryNotFoundException>(() => clip.WriteMp4Async(folder.File("nowhere/clip.mp4"), TestContext.Current.CancellationToken));

        Assert.Empty(Directory.GetFileSystemEntries(folder.FullPath));
    }

    /// <summary>What the encoder writes goes where every byte is answered by "no space left on device".</summary>
    [Fact]
    public async Task WriteMp4Async_DiskFull_ThrowsAndLeavesNothing()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "this system has no /dev/full");
        using TemporaryFolder folder = new();
        File.CreateSymbolicLink(folder.File(".clip.mp4.part"), "/dev/full");

        SyntheticException failure = await Assert.ThrowsAsync<SyntheticException>(
            () => SyntheticClip.Create(SyntheticSplit.HeldOut, 4, 0).WriteMp4Async(folder.File("clip.mp4"), TestContext.Current.CancellationToken));

        Assert.Contains("No space left", failure.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(folder.FullPath));
    }

    /// <summary>
    /// As on a disk that fills up midway: from some size on a write fails, and the signal that would end the writer is ignored. ffmpeg by itself has
    /// ended such files with 0.
    /// </summary>
    [Fact]
    public async Task Program_FilesMayNotGrowFurther_FailsAndLeavesTheListAlone()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the limit is set by a POSIX shell");
        using TemporaryFolder folder = new();
        // Blocks of 512 bytes: enough for the sound (640,044 bytes), not for the clip (a bell of 0.83 MB).
        string command = $"trap '' XFSZ; ulimit -f 1400; exec dotnet '{Path.Combine(AppContext.BaseDirectory, "cavmae-synth.dll")}' --out '{folder.FullPath}' --first 52 --count 1";
        ProcessStartInfo start = new("sh", ["-c", command]) { RedirectStandardError = true, RedirectStandardOutput = true };
        // Otherwise the runtime maps its code through a large file in memory, which is under the limit too.
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        using Process program = Process.Start(start)!;
        Task<string> output = program.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        string error = await program.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await program.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(program.ExitCode == 1, $"exit code {program.ExitCode}: {error}{await output}");
        Assert.Contains("ffmpeg could not write", error, StringComparison.Ordinal);
        Assert.Equal([".clips.json"], Directory.GetFileSystemEntries(folder.FullPath).Select(Path.GetFileName));
    }

    [Fact]
    public async Task WriteMp4Async_CancelledMidway_LeavesNeitherFilesNorEncoder()
    {
        using TemporaryFolder folder = new();
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        // On a thread of its own, which renders and encodes while this one looks.
        Task writing = Task.Run(() => SyntheticClip.Create(SyntheticSplit.HeldOut, 4, 0).WriteMp4Async(folder.File("clip.mp4"), stop.Token), CancellationToken.None);
        while (!File.Exists(folder.File(".clip.mp4.part")))
        {
            Assert.False(writing.IsCompleted, "the clip was done before its unfinished file was seen");
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing);

        Assert.Empty(Directory.GetFileSystemEntries(folder.FullPath));
        Assert.Empty(ProcessesNaming(folder.FullPath));
    }

    /// <summary>Command lines of running processes that name a path; none where the system does not show them.</summary>
    private static IEnumerable<string> ProcessesNaming(string path)
    {
        foreach (string process in Directory.Exists("/proc") ? Directory.GetDirectories("/proc") : [])
        {
            string command;
            try
            {
                command = File.ReadAllText(Path.Combine(process, "cmdline")).Replace('\0', ' ');
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Not a process, or gone by now.
                continue;
            }
            if (command.Contains(path, StringComparison.Ordinal))
                yield return command;
        }
    }

    private static double Correlation(float[] one, float[] other)
    {
        double product = 0, squareOne = 0, squareOther = 0;
        for (int i = 0; i < one.Length; i++)
        {
            product += (double)one[i] * other[i];
            squareOne += (double)one[i] * one[i];
            squareOther += (double)other[i] * other[i];
        }
        return product / Math.Sqrt(squareOne * squareOther);
    }
}
