using System.ComponentModel.DataAnnotations;

namespace CavMae.Retrieval.Media;

/// <summary>Limits on media files and where ffmpeg is (section <c>Media</c>).</summary>
public sealed class MediaOptions
{
    public const string Section = "Media";

    /// <summary>Folder of the <c>ffmpeg</c> and <c>ffprobe</c> programs; empty: found on PATH.</summary>
    public string FfmpegFolder { get; set; } = "";

    /// <summary>Largest upload; a larger one is answered 413.</summary>
    [Range(1L, long.MaxValue)]
    public long MaxUploadBytes { get; set; } = 2L << 30;

    /// <summary>Longest clip; a longer one is answered 422.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan MaxDuration { get; set; } = TimeSpan.FromHours(4);

    /// <summary>Most pixels of one picture (8192 × 8192); decoders refuse more, whatever the header said.</summary>
    [Range(1L, 1L << 30)]
    public long MaxPixels { get; set; } = 8192L * 8192;

    /// <summary>Most streams in one file.</summary>
    [Range(1, 1000)]
    public int MaxStreams { get; set; } = 16;

    /// <summary>Longest time one ffmpeg process may be waited for before it is killed; while it waits for the encoders, the clock stands.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan DecodeTimeout { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>How many files are decoded at the same time; more wait.</summary>
    [Range(1, 256)]
    public int Parallelism { get; set; } = 2;

    /// <summary>Most files that wait to be decoded or are being decoded; more are answered 429.</summary>
    [Range(1, 1_000_000)]
    public int QueueCapacity { get; set; } = 256;
}
