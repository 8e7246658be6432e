using System.ComponentModel;
using System.Diagnostics;
using Microsoft.Win32.SafeHandles;

namespace CavMae.Synthetic.Video;

/// <summary>Writes a clip through the ffmpeg program: frames on its standard input, the sound in a temporary file.</summary>
internal static class Mp4Writer
{
    private const string UnfinishedEnding = ".part";

    public static async Task WriteAsync(SyntheticClip clip, string path, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        string unfinished = UnfinishedPath(path), sound = unfinished + ".wav";
        try
        {
            float[] samples = new float[SyntheticClip.SampleCount];
            clip.RenderSound(samples);
            await File.WriteAllBytesAsync(sound, WavFile.ToBytes(samples, SyntheticClip.SampleRateHz), cancellation).ConfigureAwait(false);
            await EncodeAsync(clip, sound, unfinished, cancellation).ConfigureAwait(false);
            // Before it has its name: after a power cut a clip that is there is whole, and some file systems say only now that they are full.
            using (SafeFileHandle file = File.OpenHandle(unfinished, FileMode.Open, FileAccess.ReadWrite))
                RandomAccess.FlushToDisk(file);
            File.Move(unfinished, path, overwrite: true);
        }
        finally
        {
            File.Delete(sound);
            File.Delete(unfinished);
        }
    }

    /// <summary>
    /// Removes what killed runs left in a folder. Names are hidden, so that nobody takes them for clips, and always the same for a clip, so that
    /// the next attempt at it replaces them.
    /// </summary>
    public static void RemoveUnfinished(string folder)
    {
        foreach (string pattern in (string[])[".*.mp4" + UnfinishedEnding, ".*.mp4" + UnfinishedEnding + ".wav"])
            foreach (string file in Directory.GetFiles(folder, pattern, new EnumerationOptions { AttributesToSkip = FileAttributes.None }))
                File.Delete(file);
    }

    private static string UnfinishedPath(string path) => Path.Combine(Path.GetDirectoryName(path) ?? "", $".{Path.GetFileName(path)}{UnfinishedEnding}");

    private static async Task EncodeAsync(SyntheticClip clip, string sound, string output, CancellationToken cancellation)
    {
        using Process ffmpeg = Start(sound, output);
        try
        {
            Task<string> complaints = ffmpeg.StandardError.ReadToEndAsync(cancellation);
            bool taken = await FeedAsync(clip, ffmpeg.StandardInput.BaseStream, cancellation).ConfigureAwait(false);
            await ffmpeg.WaitForExitAsync(cancellation).ConfigureAwait(false);
            string complaint = (await complaints.ConfigureAwait(false)).Trim();
            // It has been seen to end with 0 after a full disk had cut the file short; at this level it says nothing where all is well.
            if (ffmpeg.ExitCode != 0 || !taken || complaint.Length > 0)
                throw new SyntheticException($"ffmpeg could not write {output} (exit code {ffmpeg.ExitCode}): {complaint}");
        }
        finally
        {
            await StopAsync(ffmpeg).ConfigureAwait(false);
        }
    }

    /// <summary>Sends all frames; false where ffmpeg closed its input before the end (it then says why itself).</summary>
    private static async Task<bool> FeedAsync(SyntheticClip clip, Stream input, CancellationToken cancellation)
    {
        byte[] frame = new byte[SyntheticClip.FrameSide * SyntheticClip.FrameSide * 3];
        try
        {
            for (int number = 0; number < SyntheticClip.FrameCount; number++)
            {
                clip.RenderFrame(number / SyntheticClip.FramesPerSecond, frame);
                await input.WriteAsync(frame, cancellation).ConfigureAwait(false);
            }
            await input.DisposeAsync().ConfigureAwait(false);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static Process Start(string sound, string output)
    {
        string size = $"{SyntheticClip.FrameSide}x{SyntheticClip.FrameSide}";
        string[] arguments =
        [
            "-v", "error", "-xerror", "-nostdin", "-y",
            "-f", "rawvideo", "-pixel_format", "rgb24", "-video_size", size, "-framerate", "25/2", "-i", "pipe:0",
            "-f", "wav", "-i", $"file:{sound}",
            // One thread each: many clips are written side by side. Colours are those the decoder takes for granted at this size.
            "-map", "0:v", "-map", "1:a", "-vf", "scale=flags=bilinear+accurate_rnd+full_chroma_int:out_color_matrix=bt601:out_range=tv",
            "-c:v", "libx264", "-preset", "veryfast", "-crf", "17", "-pix_fmt", "yuv420p", "-threads", "1",
            "-c:a", "aac", "-b:a", "128k", "-movflags", "+faststart", "-f", "mp4", $"file:{output}",
        ];
        ProcessStartInfo start = new("ffmpeg", arguments) { RedirectStandardInput = true, RedirectStandardError = true, UseShellExecute = false };
        try
        {
            return Process.Start(start) ?? throw new SyntheticException("ffmpeg did not start.");
        }
        catch (Win32Exception problem)
        {
            throw new SyntheticException("The ffmpeg program is needed and was not found: install it and put it on the PATH.", problem);
        }
    }

    private static async Task StopAsync(Process ffmpeg)
    {
        if (ffmpeg.HasExited)
            return;
        ffmpeg.Kill(entireProcessTree: true);
        await ffmpeg.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
    }
}
