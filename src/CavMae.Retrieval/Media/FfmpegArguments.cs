using System.Diagnostics;
using System.Globalization;
using FFMpegCore;

namespace CavMae.Retrieval.Media;

/// <summary>ffmpeg's command lines, built by FFMpegCore.</summary>
internal static class FfmpegArguments
{
    /// <summary>One pass over the file: sound to standard output, frames to the socket; streams that are not wanted are not decoded.</summary>
    /// <param name="frames">Where the frames go; null where none are wanted.</param>
    public static ProcessStartInfo Decode(
        FfmpegPrograms programs, int majorVersion, MediaSource source, bool withAudio, FrameSocket? frames, MediaOptions options)
    {
        // Time stamps as the probe saw them; no turning (see Orientation); and where the size changes within a file the filters stay,
        // since new ones would forget how many frames they chose.
        const string AsProbed = "-copyts -noautorotate -reinit_filter 0";
        FFMpegArguments input = Input(source.Path, source.Info.Container, options, before => before.WithCustomArgument(AsProbed));
        // Read once for each stream, at its own pace, where in a single reading one would have to wait for minutes of the other.
        bool isReadTwice = withAudio && frames is not null && source.Streams.AreFarApart;
        if (isReadTwice)
            input.AddFileInput(Escape(MediaPath.ForFfmpeg(source.Path)), false, Limits(source.Info.Container, options, before => before.WithCustomArgument(AsProbed)));
        // Only where there are gaps, since it also shifts what fits within 0.1 s. "1" pads and trims, and never stretches.
        string fillGaps = source.Streams.SoundHasGaps ? ",aresample=async=1" : "";
        int pictureInput = isReadTwice ? 1 : 0;
        // The filter text from a file: renamed in ffmpeg 7, the old name later removed.
        string filterOption = majorVersion >= 7 ? "-/filter:v" : "-filter_script:v";
        FFMpegArgumentProcessor command = input.OutputToMany(outputs =>
        {
            if (withAudio)
                outputs.OutputToUrl("pipe:1", audio => audio
                    // The first channel, not a down-mix, as the reference hears it; taken before the sampling rate changes.
                    .WithCustomArgument($"-map 0:{Number(source.Streams.AudioIndex!.Value)} -af pan=mono|c0=c0{fillGaps} -ar {Number(PcmAudio.SampleRateHz)} -c:a pcm_s16le")
                    .ForceFormat("s16le"));
            if (frames is not null)
                outputs.OutputToUrl("unix:" + frames.SocketPath, pictures => pictures
                    .WithCustomArgument($"-map {Number(pictureInput)}:{Number(source.Streams.VisualIndex!.Value)} {filterOption} {Quote(frames.FilterPath)}")
                    // One thread for the "encoder" alone: with more, it holds back as many frames as it has threads (ten seconds each).
                    .WithCustomArgument($"-threads:v 1 -fps_mode passthrough -frames:v {Number(source.Plan.Keys.Length)} -c:v rawvideo -pix_fmt rgb24")
                    .ForceFormat("rawvideo"));
        });
        return new ProcessStartInfo(programs.FfmpegPath, command.Arguments);
    }

    /// <summary>One picture as JPEG to standard output.</summary>
    /// <param name="at">Where to seek; null: the beginning.</param>
    /// <param name="isExact">Frames before <paramref name="at"/> are decoded and dropped; otherwise the key frame before it is taken.</param>
    public static ProcessStartInfo Thumbnail(
        FfmpegPrograms programs, string path, MediaContainer container, int streamIndex, string filter, TimeSpan? at, bool isExact, MediaOptions options)
    {
        FFMpegArguments input = Input(path, container, options, before =>
        {
            before.WithCustomArgument("-noautorotate");
            if (at is { } seek)
                before.WithCustomArgument(string.Create(CultureInfo.InvariantCulture, $"{(isExact ? "" : "-noaccurate_seek ")}-ss {seek.TotalSeconds:0.######}"));
        });
        FFMpegArgumentProcessor command = input.OutputToUrl("pipe:1", output => output
            .WithCustomArgument($"-map 0:{Number(streamIndex)} -vf \"{filter}\" -frames:v 1 -c:v mjpeg -q:v 3")
            .ForceFormat("mjpeg"));
        return new ProcessStartInfo(programs.FfmpegPath, command.Arguments);
    }

    private static FFMpegArguments Input(string path, MediaContainer container, MediaOptions options, Action<FFMpegInputOptions> addOptions) =>
        FFMpegArguments.FromFileInput(Escape(MediaPath.ForFfmpeg(path)), false, Limits(container, options, addOptions));

    private static Action<FFMpegInputOptions> Limits(MediaContainer container, MediaOptions options, Action<FFMpegInputOptions> addOptions) => before =>
    {
        before.WithCustomArgument("-nostdin -hide_banner -v error")
            .WithCustomArgument($"-max_alloc {Number(MediaLimits.MaxAllocationBytes(options))} -max_pixels:v {Number(options.MaxPixels)}")
            // Whatever the file says, nothing but itself is opened, and by no other demuxer than the sniffed one.
            .WithCustomArgument($"-protocol_whitelist file -f {container.Demuxer()}");
        addOptions(before);
    };

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Quote(string path) => $"\"{Escape(path)}\"";

    /// <summary>
    /// FFMpegCore puts quotes around a path and no more. .NET takes the line apart by the rules of Windows' C runtime on every system:
    /// a quote needs a backslash, and backslashes before a quote need doubling.
    /// </summary>
    internal static string Escape(string path)
    {
        System.Text.StringBuilder text = new(path.Length);
        int backslashes = 0;
        foreach (char c in path)
        {
            if (c == '"')
                text.Append('\\', backslashes + 1);
            text.Append(c);
            backslashes = c == '\\' ? backslashes + 1 : 0;
        }
        return text.Append('\\', backslashes).ToString();
    }
}
