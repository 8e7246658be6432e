using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CavMae.Retrieval.Media;

/// <summary>
/// From media files to scenes: one ffprobe to look at a file, one ffmpeg to decode it, sound and pictures in one pass. Thread-safe; one
/// for the whole service. Every process is bound in time, memory and what it may open, and is gone when the call that started it is.
/// </summary>
public sealed class MediaDecoder : IDisposable
{
    /// <summary>Smallest and largest side of a thumbnail.</summary>
    public const int MinThumbnailSide = 16, MaxThumbnailSide = 4096;

    private readonly MediaOptions _options;
    private readonly SceneOptions _scenes;
    private readonly ILogger<MediaDecoder> _logger;
    private readonly TimeProvider _time;
    private readonly FfmpegPrograms _programs;
    private readonly MediaProbe _probe;
    private readonly Thumbnailer _thumbnailer;
    private readonly SemaphoreSlim _decodes;

    /// <summary>Looks are short; they have their own queue, so that they need not wait for long decodes.</summary>
    private readonly SemaphoreSlim _looks;

    public MediaDecoder(IOptions<MediaOptions> media, IOptions<SceneOptions> scenes, ILogger<MediaDecoder> logger, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(media);
        ArgumentNullException.ThrowIfNull(scenes);
        (_options, _scenes, _logger, _time) = (media.Value, scenes.Value, logger, time);
        _programs = new FfmpegPrograms(_options.FfmpegFolder);
        _probe = new MediaProbe(_programs, _options, logger, time);
        _thumbnailer = new Thumbnailer(_programs, _probe, _options, logger, time);
        _decodes = new SemaphoreSlim(_options.Parallelism);
        _looks = new SemaphoreSlim(2 * _options.Parallelism);
        FrameSocket.RemoveStale(logger);
    }

    /// <summary>The first line ffmpeg says of itself, once both programs were found to start. For a service's start and its log.</summary>
    /// <exception cref="FfmpegUnavailableException">ffmpeg or ffprobe is missing or does not run; the message says what to do.</exception>
    public Task<string> GetVersionAsync(CancellationToken cancellationToken) => _programs.GetVersionAsync(cancellationToken);

    /// <summary>Recognises a file by its bytes, looks at it with one ffprobe, checks it against the limits and plans its scenes.</summary>
    /// <exception cref="MediaException">UnsupportedType, Broken or OverLimit.</exception>
    /// <exception cref="IOException">The file is not there or cannot be read.</exception>
    /// <exception cref="FfmpegUnavailableException">ffprobe is missing.</exception>
    public async Task<MediaSource> OpenAsync(string path, CancellationToken cancellationToken)
    {
        MediaContainer container = await SniffAsync(path, cancellationToken).ConfigureAwait(false);
        await _looks.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            CheckStillPicture(path, container);
            ProbeReport report = await _probe.RunAsync(path, container, withPackets: true, cancellationToken).ConfigureAwait(false);
            return SourceBuilder.Build(path, container, report, _options, _scenes);
        }
        finally
        {
            _looks.Release();
        }
    }

    /// <summary>
    /// Decodes what is wanted in one pass. Scenes come in order, each as soon as it is complete, those with nothing of what is wanted left
    /// out; wanted streams that the file lacks are left out too. Leaving the loop early stops ffmpeg.
    /// </summary>
    /// <exception cref="MediaException">
    /// MissingStream where nothing of what is wanted is there; Broken or OverLimit, also after some scenes: a clip counts only when the
    /// loop has ended by itself.
    /// </exception>
    /// <exception cref="FfmpegUnavailableException">ffmpeg is missing.</exception>
    public IAsyncEnumerable<Scene> DecodeAsync(MediaSource source, MediaStreams wanted, CancellationToken cancellationToken) =>
        DecodeAsync(source, wanted, takesTurn: true, cancellationToken);

    /// <param name="takesTurn">
    /// Whether it counts against <see cref="MediaOptions.Parallelism"/>. Jobs, which may take hours, have a limit of their own and do not, so that
    /// requests need not wait for them.
    /// </param>
    internal IAsyncEnumerable<Scene> DecodeAsync(MediaSource source, MediaStreams wanted, bool takesTurn, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        bool withSound = wanted.HasFlag(MediaStreams.Audio) && source.Info.HasAudio;
        bool withPictures = wanted.HasFlag(MediaStreams.Visual) && source.Info.HasVideo;
        if (!withSound && !withPictures)
            throw Missing(wanted);
        return DecodeAsync(new DecodeJob(source, withSound, withPictures, _options, _logger, _time), takesTurn ? _decodes : null, cancellationToken);
    }

    /// <summary>One picture as JPEG, turned as it is shown, its longer side at most <paramref name="maxSide"/> (never enlarged).</summary>
    /// <param name="at">Time in the clip; before the beginning and beyond the end the nearest picture is taken. Stills and covers have but one.</param>
    /// <param name="maxSide">16 to 4096.</param>
    /// <returns>Null where the file has no picture, not even a cover.</returns>
    /// <exception cref="MediaException">UnsupportedType, Broken or OverLimit.</exception>
    /// <exception cref="FileNotFoundException">The file is not there, or was removed meanwhile.</exception>
    public async Task<byte[]?> ThumbnailAsync(string path, TimeSpan at, int maxSide, CancellationToken cancellationToken)
    {
        if (maxSide is < MinThumbnailSide or > MaxThumbnailSide)
            throw new ArgumentOutOfRangeException(nameof(maxSide), maxSide, $"A thumbnail's side is {MinThumbnailSide} to {MaxThumbnailSide} pixels.");
        MediaContainer container = await SniffAsync(path, cancellationToken).ConfigureAwait(false);
        await _looks.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            CheckStillPicture(path, container);
            return await _thumbnailer.MakeAsync(path, container, at, maxSide, cancellationToken).ConfigureAwait(false);
        }
        catch (MediaException reason) when (reason.Error == MediaError.Broken && !File.Exists(path))
        {
            throw new FileNotFoundException("The file was removed while its picture was being made.", path, reason);
        }
        finally
        {
            _looks.Release();
        }
    }

    public void Dispose()
    {
        _decodes.Dispose();
        _looks.Dispose();
    }

    private async IAsyncEnumerable<Scene> DecodeAsync(DecodeJob job, SemaphoreSlim? turns, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (turns is not null)
            await turns.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            int majorVersion = await _programs.GetMajorVersionAsync(cancellationToken).ConfigureAwait(false);
            using ProcessDeadline deadline = new(_options.DecodeTimeout, _time, cancellationToken);
            DecodeStreams streams = DecodeStreams.Start(job, _programs, majorVersion, deadline.Token);
            await using ConfiguredAsyncDisposable disposal = streams.ConfigureAwait(false);
            SceneAssembler assembler = new(job, streams);
            while (await deadline.GuardAsync(assembler.NextAsync(), "ffmpeg", job.Source.Path, _logger).ConfigureAwait(false) is { } scene)
                yield return scene;
        }
        finally
        {
            turns?.Release();
        }
    }

    private void CheckStillPicture(string path, MediaContainer container)
    {
        if (container.IsImage() && StillPictureSize.Read(path, container) is var (width, height))
            MediaLimits.CheckPixels(width, height, _options);
    }

    private static async Task<MediaContainer> SniffAsync(string path, CancellationToken cancellationToken) =>
        await MediaSniffer.SniffFileAsync(path, cancellationToken).ConfigureAwait(false) ?? throw new MediaException(
            MediaError.UnsupportedType,
            new FileInfo(path).Length == 0
                ? "The file is empty."
                : "The file is none of MP4/MOV, Matroska/WebM, AVI, MPEG-TS, Ogg, WAV, MP3, FLAC, AAC, JPEG, PNG and WebP (told by its bytes, not its name).");

    private static MediaException Missing(MediaStreams wanted) => new(MediaError.MissingStream, wanted switch
    {
        MediaStreams.Audio => "The file has no sound (audio stream), which is needed here.",
        MediaStreams.Visual => "The file has no pictures (video stream), which are needed here; a cover picture does not count.",
        _ => "The file has neither sound nor pictures to decode; a cover picture does not count.",
    });
}
