using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;

namespace CavMae.Retrieval.Media;

/// <summary>Looks at a file with one ffprobe: its streams, and when each packet is shown. Nothing is decoded beyond what tells the formats.</summary>
internal sealed class MediaProbe(FfmpegPrograms programs, MediaOptions options, ILogger logger, TimeProvider time)
{
    /// <summary>Faster than any camera within the longest duration; it bounds what a hostile file makes us remember (8 bytes each).</summary>
    private const int MaxFramesPerSecond = 250;

    /// <param name="withPackets">Whether packet times are wanted; without, the file's beginning is enough.</param>
    /// <exception cref="MediaException">Broken or OverLimit.</exception>
    public async Task<ProbeReport> RunAsync(string path, MediaContainer container, bool withPackets, CancellationToken cancellationToken)
    {
        using ProcessDeadline deadline = new(options.DecodeTimeout, time, cancellationToken);
        return await deadline.GuardAsync(RunAsync(), "ffprobe", path, logger).ConfigureAwait(false);

        async Task<ProbeReport> RunAsync()
        {
            ProbeReport report = new((int)Math.Min(int.MaxValue, options.MaxDuration.TotalSeconds * MaxFramesPerSecond));
            FfmpegProcess process = FfmpegProcess.Start(Arguments(path, container, withPackets));
            await using (process.ConfigureAwait(false))
            {
                await LineReader.ReadLinesAsync(process.Output, report.Add, deadline.Token).ConfigureAwait(false);
                (int exitCode, string errors) = await process.WaitAsync(deadline.Token).ConfigureAwait(false);
                if (exitCode == 0)
                    return report;
                logger.ProgramFailed("ffprobe", exitCode, path, errors);
                FfmpegProcess.ThrowIfKilled("ffprobe", exitCode);
                throw new MediaException(MediaError.Broken, $"The file begins like {Name(container)}, but cannot be read: it is damaged or incomplete.");
            }
        }
    }

    internal static string Name(MediaContainer container) => container switch
    {
        MediaContainer.Mp4 => "MP4 or MOV",
        MediaContainer.MpegTs => "an MPEG transport stream",
        _ => container.ToString(),
    };

    private ProcessStartInfo Arguments(string path, MediaContainer container, bool withPackets)
    {
        string entries = "format=duration"
            + ":stream=index,codec_type,width,height,avg_frame_rate,time_base,duration:stream_disposition=attached_pic:stream_side_data=displaymatrix"
            + (withPackets ? ":packet=codec_type,stream_index,pts,dts,duration,flags" : "")
            + (container == MediaContainer.Jpeg ? ":frame_tags=Orientation" : "");
        ProcessStartInfo start = new(programs.FfprobePath);
        string[] arguments =
        [
            "-v", "error", "-max_alloc", MediaLimits.MaxAllocationBytes(options).ToString(CultureInfo.InvariantCulture),
            "-f", container.Demuxer(), "-protocol_whitelist", "file",
            "-show_entries", entries, "-of", "compact", "-i", MediaPath.ForFfmpeg(path),
        ];
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        return start;
    }
}

/// <summary>A file's name as ffmpeg takes it: with its protocol, so that no name is taken for an option or an address.</summary>
internal static class MediaPath
{
    public static string ForFfmpeg(string path) => "file:" + Path.GetFullPath(path);
}
