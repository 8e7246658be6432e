using System.Buffers.Binary;

namespace CavMae.Retrieval.Media;

/// <summary>From what the probe says to a source that can be decoded: streams chosen, limits checked, frames planned.</summary>
internal static class SourceBuilder
{
    private const int ExtremeAspect = 8;

    private const double HeldBackSeconds = 60, HeldBackPictures = 32;

    /// <summary>Well below what the queue of pictures holds at the shortest stride (32 s).</summary>
    private const double LongSilenceSeconds = 20;

    /// <summary>Where ffmpeg's resampler begins to fill too; less is what time stamps of whole milliseconds blur.</summary>
    private const double AudibleGapSeconds = 0.1;

    /// <exception cref="MediaException">Broken or OverLimit.</exception>
    public static MediaSource Build(string path, MediaContainer container, ProbeReport report, MediaOptions media, SceneOptions scenes)
    {
        MediaLimits.CheckStreams(report.Streams.Count, media);
        MediaLimits.CheckComplete(container, report, RiffBytes(path, container), new FileInfo(path).Length);
        ProbedStream? audio = report.Streams.FirstOrDefault(stream => stream.Type == "audio" && report.Packets(stream.Index).Count > 0);
        ProbedStream? cover = report.Streams.FirstOrDefault(stream => stream.Type == "video" && stream.IsCover);
        ProbedStream? visual = report.Streams.FirstOrDefault(stream => stream.Type == "video" && !stream.IsCover && report.Packets(stream.Index).Count > 0);
        if (audio is null && visual is null && cover is null)
            throw new MediaException(MediaError.Broken, "The file holds neither sound nor pictures.");

        if (visual is not null)
            CheckPictures(visual, media);
        FrameTimes? frames = visual is null ? null : container.IsImage() ? FrameTimes.Still : Times(visual, report.Packets(visual.Index));
        double audioSeconds = audio is null ? 0 : report.Packets(audio.Index).Seconds(audio.SecondsPerTick);
        StreamOrigin origin = StreamOrigin.Of(
            audio is null ? null : report.Packets(audio.Index).StartSeconds(audio.SecondsPerTick),
            visual is null ? null : report.Packets(visual.Index).StartSeconds(visual.SecondsPerTick));
        double audioEnd = origin.SoundStart.TotalSeconds + audioSeconds;
        double picturesEnd = origin.PicturesStart.TotalSeconds + (frames?.LengthSeconds ?? 0);
        double seconds = Math.Max(audioEnd, picturesEnd);
        double gapSeconds = audio is null ? 0 : report.Packets(audio.Index).LargestGapSeconds(audio.SecondsPerTick);
        MediaLimits.CheckDuration(seconds, media);

        Orientation orientation = container.IsImage() ? Orientation.FromExif(report.ExifOrientation) : visual?.Orientation ?? default;
        SourceStreams streams = new(
            audio?.Index, visual?.Index, cover?.Index, origin, TimeSpan.FromSeconds(audioEnd), orientation,
            gapSeconds > AudibleGapSeconds, frames is not null && AreFarApart(frames, audioEnd - picturesEnd, gapSeconds), visual is not null && IsExtreme(visual));
        TimeSpan duration = TimeSpan.FromSeconds(seconds);
        // Ten times the same picture has the same mean as once.
        SceneOptions effective = container.IsImage() ? new SceneOptions { Stride = scenes.Stride, FramesPerScene = 1 } : scenes;
        MediaInfo info = new()
        {
            Container = container,
            Duration = duration,
            HasAudio = audio is not null,
            HasVideo = visual is not null,
            Width = orientation.IsTransposed ? visual?.Height : visual?.Width,
            Height = orientation.IsTransposed ? visual?.Width : visual?.Height,
            FrameRate = container.IsImage() ? null : frames?.FramesPerSecond,
        };
        return new MediaSource(path, info, streams, ScenePlan.Create(duration, frames, effective, origin.PicturesStart));
    }

    /// <summary>
    /// A decoder gives its last pictures (some thirty: one for each of its threads, and those it puts in order) only when further ones
    /// follow, or at the file's end: how much sound goes by until then tells the rate, and the longest that one picture stands. The
    /// other way round, pictures go by while the sound pauses.
    /// </summary>
    private static bool AreFarApart(FrameTimes frames, double soundAfterSeconds, double soundGapSeconds) =>
        soundAfterSeconds > HeldBackSeconds
        || HeldBackPictures / frames.FramesPerSecond > HeldBackSeconds
        || frames.LargestStepSeconds > HeldBackSeconds
        || soundGapSeconds > LongSilenceSeconds;

    private static FrameTimes Times(ProbedStream stream, PacketTimes packets) => packets.HasAllStamps
        ? FrameTimes.FromStamps(packets.ToStamps(), stream.SecondsPerTick, stream.AverageRate, packets.LastTicks)
        : FrameTimes.FromCount(packets.Count, stream.AverageRate, MeasuredRate(stream, packets));

    private static double MeasuredRate(ProbedStream stream, PacketTimes packets)
    {
        double seconds = packets.Seconds(stream.SecondsPerTick);
        return seconds > 0 ? packets.Count / seconds : 0;
    }

    private static void CheckPictures(ProbedStream visual, MediaOptions media)
    {
        if (visual.Width <= 0 || visual.Height <= 0)
            throw new MediaException(MediaError.Broken, "The size of the pictures cannot be found out: the file is damaged or its codec unknown.");
        MediaLimits.CheckPixels(visual.Width, visual.Height, media);
    }

    /// <summary>Over 8:1, where only the middle is looked at.</summary>
    public static bool IsExtreme(ProbedStream visual) =>
        Math.Max(visual.Width, visual.Height) > (long)ExtremeAspect * Math.Min(visual.Width, visual.Height);

    /// <summary>How long a RIFF file (WAV, AVI) says it is; null for others and for those written to a pipe, which leave the field empty.</summary>
    private static long? RiffBytes(string path, MediaContainer container)
    {
        if (container is not (MediaContainer.Wav or MediaContainer.Avi))
            return null;
        Span<byte> head = stackalloc byte[8];
        using FileStream file = File.OpenRead(path);
        file.ReadExactly(head);
        uint size = BinaryPrimitives.ReadUInt32LittleEndian(head[4..]);
        return head.StartsWith("RIFF"u8) && size is not 0 and not uint.MaxValue ? size + 8L : null;
    }
}
