using Microsoft.Extensions.Logging;

namespace CavMae.Retrieval.Media;

/// <summary>Makes one small JPEG of a file's pictures, or of a sound file's cover, by seeking: what comes before is not decoded.</summary>
internal sealed class Thumbnailer(FfmpegPrograms programs, MediaProbe probe, MediaOptions options, ILogger logger, TimeProvider time)
{
    private const int MaxJpegBytes = 64 << 20;

    /// <returns>Null where there is no picture.</returns>
    public async Task<byte[]?> MakeAsync(string path, MediaContainer container, TimeSpan at, int maxSide, CancellationToken cancellationToken)
    {
        ProbeReport report = await probe.RunAsync(path, container, withPackets: false, cancellationToken).ConfigureAwait(false);
        MediaLimits.CheckStreams(report.Streams.Count, options);
        ProbedStream? stream = report.Streams.Where(each => each.Type == "video").OrderBy(each => each.IsCover).FirstOrDefault();
        if (stream is null)
            return null;
        MediaLimits.CheckPixels(stream.Width, stream.Height, options);
        Orientation orientation = container.IsImage() ? Orientation.FromExif(report.ExifOrientation) : stream.Orientation;
        string filter = PictureFilter.ForThumbnail(maxSide, orientation, SourceBuilder.IsExtreme(stream));

        foreach ((TimeSpan? seek, bool isExact) in Attempts(container.IsImage() || stream.IsCover, at, report.AnnouncedSeconds))
        {
            byte[] jpeg = await RunAsync(path, container, stream.Index, filter, seek, isExact, cancellationToken).ConfigureAwait(false);
            if (jpeg.Length > 0)
                return jpeg;
        }
        throw new MediaException(MediaError.Broken, "No picture of the file can be decoded.");
    }

    /// <summary>
    /// Where the time asked for lies behind the last frame nothing comes; then the last key frame before it is the nearest that seeking
    /// finds, and where seeking fails altogether (no index, no key frames marked) the first picture.
    /// </summary>
    private static IEnumerable<(TimeSpan? Seek, bool IsExact)> Attempts(bool isStill, TimeSpan at, double? lengthSeconds)
    {
        TimeSpan end = lengthSeconds is > 0 and < 1e9 ? TimeSpan.FromSeconds(lengthSeconds.Value) : TimeSpan.MaxValue;
        TimeSpan seek = at < end ? at : end;
        if (!isStill && seek > TimeSpan.Zero)
        {
            yield return (seek, true);
            yield return (seek, false);
        }
        yield return (null, true);
    }

    private async Task<byte[]> RunAsync(
        string path, MediaContainer container, int streamIndex, string filter, TimeSpan? seek, bool isExact, CancellationToken cancellationToken)
    {
        using ProcessDeadline deadline = new(options.DecodeTimeout, time, cancellationToken);
        return await deadline.GuardAsync(RunAsync(), "ffmpeg", path, logger).ConfigureAwait(false);

        async Task<byte[]> RunAsync()
        {
            FfmpegProcess process = FfmpegProcess.Start(FfmpegArguments.Thumbnail(programs, path, container, streamIndex, filter, seek, isExact, options));
            await using (process.ConfigureAwait(false))
            {
                byte[] jpeg = await ReadAsync(process.Output, deadline.Token).ConfigureAwait(false);
                (int exitCode, string errors) = await process.WaitAsync(deadline.Token).ConfigureAwait(false);
                if (exitCode == 0)
                    return jpeg;
                logger.ProgramFailed("ffmpeg", exitCode, path, errors);
                FfmpegProcess.ThrowIfKilled("ffmpeg", exitCode);
                return [];
            }
        }
    }

    private static async Task<byte[]> ReadAsync(Stream pipe, CancellationToken cancellationToken)
    {
        using MemoryStream jpeg = new();
        byte[] buffer = new byte[64 * 1024];
        int count;
        while ((count = await pipe.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            if (jpeg.Length + count > MaxJpegBytes)
                throw new MediaException(MediaError.OverLimit, "The thumbnail comes out too large.");
            jpeg.Write(buffer, 0, count);
        }
        return jpeg.ToArray();
    }
}
