using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace CavMae.Retrieval.Media;

/// <summary>What one ffmpeg is to do.</summary>
internal sealed record DecodeJob(MediaSource Source, bool WithSound, bool WithPictures, MediaOptions Options, ILogger Logger, TimeProvider Time);

/// <summary>
/// One running ffmpeg and the two bounded queues it fills. Where the reader is slow the queues fill, then the pipes, and ffmpeg waits;
/// memory does not depend on the clip's length. Disposing kills what still runs and leaves nothing behind. One reader.
/// </summary>
internal sealed class DecodeStreams : IAsyncDisposable
{
    /// <summary>How much sound may run ahead of the pictures: 20 MB, as much as slide shows with deeply reordered frames need.</summary>
    private const int MaxQueuedSeconds = 640;

    /// <summary>How many scenes pictures may run ahead of the sound, and at least how many frames: 10 MB at one frame a scene.</summary>
    private const int MaxQueuedScenes = 32, MinQueuedFrames = 64;

    /// <summary>How long one stream may starve while the other's queue is full, where ffmpeg cannot go on by itself.</summary>
    private const int MaxStarvedSeconds = 10;

    private readonly DecodeJob _job;
    private readonly FfmpegProcess _process;
    private readonly FrameSocket? _socket;
    private readonly CancellationTokenSource _stop;
    private readonly Channel<short[]> _sound = Channel.CreateBounded<short[]>(MaxQueuedSeconds);
    private readonly Channel<byte[]> _pictures;
    private readonly int _maxQueuedFrames;
    private readonly Task<(int ExitCode, string Errors)> _exit;
    private readonly Task _pumps;

    private DecodeStreams(DecodeJob job, FrameSocket? socket, FfmpegProcess process, CancellationToken cancellationToken)
    {
        (_job, _socket, _process) = (job, socket, process);
        _maxQueuedFrames = Math.Max(MinQueuedFrames, MaxQueuedScenes * job.Source.Plan.Scenes.Max(scene => scene.FrameSlots.Length));
        _pictures = Channel.CreateBounded<byte[]>(_maxQueuedFrames);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _exit = process.WaitAsync(_stop.Token);
        Task pumpSound = job.WithSound ? StreamPumps.PumpSamplesAsync(process.Output, _sound.Writer, _stop.Token) : Task.CompletedTask;
        Task pumpPictures = socket is null ? Task.CompletedTask : StreamPumps.PumpFramesAsync(socket, _exit, _pictures.Writer, _stop.Token);
        _pumps = Task.WhenAll(pumpSound, pumpPictures);
    }

    /// <exception cref="FfmpegUnavailableException">ffmpeg is not there.</exception>
    public static DecodeStreams Start(DecodeJob job, FfmpegPrograms programs, int majorVersion, CancellationToken cancellationToken)
    {
        FrameSocket? socket = job.WithPictures ? FrameSocket.Open(PictureFilter.ForScenes(job.Source.Plan, job.Source.Streams), job.Logger) : null;
        try
        {
            FfmpegProcess process = FfmpegProcess.Start(FfmpegArguments.Decode(programs, majorVersion, job.Source, job.WithSound, socket, job.Options));
            return new DecodeStreams(job, socket, process, cancellationToken);
        }
        catch
        {
            socket?.Dispose();
            throw;
        }
    }

    public bool TryReadSound(out short[] chunk) => _sound.Reader.TryRead(out chunk!);

    public bool TryReadPicture(out byte[] pixels) => _pictures.Reader.TryRead(out pixels!);

    /// <returns>True where there is sound to read; false at its end, ffmpeg having ended well.</returns>
    public Task<bool> WaitForSoundAsync() => WaitAsync(_sound.Reader, () => _job.WithPictures && _pictures.Reader.Count >= _maxQueuedFrames);

    /// <returns>True where there are pictures to read; false at their end, ffmpeg having ended well.</returns>
    public Task<bool> WaitForPictureAsync() => WaitAsync(_pictures.Reader, () => _job.WithSound && _sound.Reader.Count >= MaxQueuedSeconds);

    /// <summary>Waits until there is something of either to read, or one of the two has ended.</summary>
    public async Task WaitForEitherAsync() => await (await Task.WhenAny(
        _sound.Reader.WaitToReadAsync(_stop.Token).AsTask(), _pictures.Reader.WaitToReadAsync(_stop.Token).AsTask()).ConfigureAwait(false)).ConfigureAwait(false);

    /// <exception cref="MediaException">Broken: ffmpeg gave up.</exception>
    public async Task EnsureEndedWellAsync()
    {
        (int exitCode, string errors) = await _exit.ConfigureAwait(false);
        if (exitCode != 0)
        {
            _job.Logger.ProgramFailed("ffmpeg", exitCode, _job.Source.Path, errors);
            FfmpegProcess.ThrowIfKilled("ffmpeg", exitCode);
            throw new MediaException(MediaError.Broken, "The file cannot be decoded: it is damaged, or made with a codec that is not known.");
        }
        if (errors.Length > 0)
            _job.Logger.ProgramComplained("ffmpeg", _job.Source.Path, errors);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _process.DisposeAsync().ConfigureAwait(false);
        await _pumps.ConfigureAwait(false);
        _socket?.Dispose();
        _stop.Dispose();
    }

    private async Task<bool> WaitAsync<T>(ChannelReader<T> wanted, Func<bool> isOtherFull)
    {
        Task<bool> waiting = wanted.WaitToReadAsync(_stop.Token).AsTask();
        for (int starvedSeconds = 0; starvedSeconds < MaxStarvedSeconds;)
        {
            try
            {
                bool isThere = await waiting.WaitAsync(TimeSpan.FromSeconds(1), _job.Time, _stop.Token).ConfigureAwait(false);
                if (!isThere)
                    await EnsureEndedWellAsync().ConfigureAwait(false);
                return isThere;
            }
            catch (TimeoutException)
            {
                starvedSeconds = isOtherFull() ? starvedSeconds + 1 : 0;
            }
        }
        throw new MediaException(
            MediaError.Broken, "Sound and pictures are stored too far apart in the file, or one of them cannot be decoded. Write it anew (remux it) and try again.");
    }
}
