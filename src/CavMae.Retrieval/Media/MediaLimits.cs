using System.Globalization;

namespace CavMae.Retrieval.Media;

/// <summary>Every refusal of a file that is over a limit or shorter than it says, with its message.</summary>
internal static class MediaLimits
{
    private const double MissingSeconds = 1, MissingShare = 0.05;

    /// <summary>The largest single piece of memory a decoder may ask for: one picture of 16-bit RGBA, and room for what is around it.</summary>
    public static long MaxAllocationBytes(MediaOptions options) => Math.Min(options.MaxPixels * 8 + (64L << 20), int.MaxValue);

    public static void CheckStreams(int count, MediaOptions options)
    {
        if (count > options.MaxStreams)
            throw new MediaException(MediaError.OverLimit, $"The file has {count} streams; at most {options.MaxStreams} are taken.");
    }

    public static void CheckPixels(int width, int height, MediaOptions options)
    {
        if ((long)width * height > options.MaxPixels)
            throw new MediaException(MediaError.OverLimit, $"The pictures are {width} × {height} pixels; at most {options.MaxPixels} pixels are taken.");
    }

    public static void CheckDuration(double seconds, MediaOptions options)
    {
        if (seconds > options.MaxDuration.TotalSeconds)
            throw new MediaException(MediaError.OverLimit, $"The file is {Seconds(seconds)} s long; at most {Seconds(options.MaxDuration.TotalSeconds)} s are taken.");
    }

    public static MediaException TimedOut(TimeSpan limit) =>
        new(MediaError.OverLimit, $"The file took longer than {Seconds(limit.TotalSeconds)} s to decode.");

    /// <summary>Refuses files whose end is missing: clearly less there than announced. Formats that announce nothing cannot be told.</summary>
    public static void CheckComplete(MediaContainer container, ProbeReport report, long? riffBytes, long fileBytes)
    {
        double heldSeconds = report.Streams.Select(stream => report.Packets(stream.Index).StoredEnd is var end and not long.MinValue ? end * stream.SecondsPerTick : 0)
            .DefaultIfEmpty(0).Max();
        if (container is MediaContainer.Matroska or MediaContainer.Flac)
            CheckHeld(report.AnnouncedSeconds, heldSeconds);
        // MP4's length of the whole may count what an edit list leaves out; its streams' lengths do not.
        if (container is MediaContainer.Mp4)
            foreach (ProbedStream stream in report.Streams.Where(stream => stream.Type is "audio" or "video" && !stream.IsCover))
                CheckHeld(stream.AnnouncedSeconds, report.Packets(stream.Index).StoredSeconds(stream.SecondsPerTick));
        // ffmpeg itself works a shortened RIFF file's duration out anew from what is there.
        if (riffBytes is { } announcedBytes && announcedBytes > fileBytes)
            CheckHeld(heldSeconds * announcedBytes / fileBytes, heldSeconds);
    }

    private static void CheckHeld(double? announced, double held)
    {
        double missing = (announced ?? 0) - held;
        if (missing > MissingSeconds && missing > MissingShare * announced)
            throw new MediaException(MediaError.Broken, $"The file is truncated: it announces {Seconds(announced!.Value)} s, but holds {Seconds(held)} s.");
    }

    private static string Seconds(double seconds) => seconds.ToString("0.#", CultureInfo.InvariantCulture);
}
