using CavMae.Synthetic.Kinds;
using CavMae.Synthetic.Pictures;
using CavMae.Synthetic.Sound;
using CavMae.Synthetic.Video;

namespace CavMae.Synthetic;

/// <summary>
/// A made-up clip of 10 s whose sound and pictures belong together: a cartoon of one kind of event, whose size, rate, loudness,
/// texture, height and place can be heard and be seen in every single frame. Immutable and thread-safe; the same split, seed and
/// index give the same sound and pictures.
/// </summary>
public sealed class SyntheticClip
{
    public const int SampleRateHz = 16000;
    public const int DurationSeconds = 10;

    /// <summary>Samples of the whole sound.</summary>
    public const int SampleCount = SampleRateHz * DurationSeconds;

    /// <summary>Side of a frame in pixels.</summary>
    public const int FrameSide = 224;

    /// <summary>Frames a second of the written video.</summary>
    public const double FramesPerSecond = 12.5;

    /// <summary>Frames of the written video.</summary>
    public const int FrameCount = 125;

    private readonly EventKind kind;
    private readonly EventParameters parameters;
    private readonly Backdrop backdrop;
    private readonly ulong soundKey;

    private SyntheticClip(int kind, EventParameters parameters, ulong soundKey, ulong backdropKey)
    {
        Kind = kind;
        this.kind = EventKinds.All[kind];
        this.parameters = parameters;
        this.soundKey = soundKey;
        backdrop = new Backdrop(backdropKey);
        Parameters = Array.AsReadOnly(parameters.ToArray());
    }

    /// <summary>Names of all kinds, by number.</summary>
    public static IReadOnlyList<string> KindNames { get; } = Array.AsReadOnly([.. EventKinds.All.Select(kind => kind.Name)]);

    /// <summary>Names of <see cref="Parameters"/>: size, rate, loudness, texture, height, place.</summary>
    public static IReadOnlyList<string> ParameterNames { get; } = Array.AsReadOnly(EventParameters.Names);

    /// <summary>Number of the kind of event, an index into <see cref="KindNames"/>.</summary>
    public int Kind { get; }

    public string KindName => kind.Name;

    /// <summary>What sound and pictures share, each in [0, 1], in the order of <see cref="ParameterNames"/>.</summary>
    public IReadOnlyList<float> Parameters { get; }

    /// <summary>The clip of that number. Kind and parameters are drawn independently and uniformly.</summary>
    /// <param name="seed">Any number; each gives a stream of its own.</param>
    /// <param name="index">0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="index"/> is negative or the split unknown.</exception>
    public static SyntheticClip Create(SyntheticSplit split, int seed, int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        if (!Enum.IsDefined(split))
            throw new ArgumentOutOfRangeException(nameof(split), split, "Training or HeldOut is wanted.");
        // 1 + 32 + 31 bits: different clips have different keys, and the generator's mixing of a key is a bijection.
        RandomStream random = new(((ulong)split << 63) | ((ulong)(uint)seed << 31) | (uint)index);
        int kind = random.NextIndex(EventKinds.All.Count);
        return new SyntheticClip(kind, EventParameters.Draw(random), random.NextBits(), random.NextBits());
    }

    /// <summary>A clip of given kind and parameters, for tests and for looking at; <paramref name="key"/> draws what is not shared.</summary>
    internal static SyntheticClip Compose(int kind, EventParameters parameters, ulong key) =>
        new(kind, parameters, key, RandomStream.Mix(key + 1));

    /// <summary>When the frame of that number (0 … 9) is shown which the retrieval protocol takes of the written video, in seconds.</summary>
    public static double SecondsOfFrame(int frame)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(frame);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(frame, 9);
        return Math.Max((frame * FrameCount / 10) - 1, 0) / FramesPerSecond;
    }

    /// <summary>Renders the whole sound.</summary>
    /// <param name="samples">Receives 160,000 samples, 16 kHz mono, within −1 … 1.</param>
    /// <exception cref="ArgumentException"><paramref name="samples"/> has another length.</exception>
    public void RenderSound(Span<float> samples)
    {
        if (samples.Length != SampleCount)
            throw new ArgumentException($"{SampleCount} samples are wanted, not {samples.Length}.", nameof(samples));
        SoundRenderer.Render(samples, kind.Voice, parameters, soundKey);
    }

    /// <summary>Renders the picture of one moment.</summary>
    /// <param name="seconds">0 … 10.</param>
    /// <param name="rgb">Receives [224, 224, 3], rows from the top, red, green, blue.</param>
    /// <exception cref="ArgumentException"><paramref name="rgb"/> has another length.</exception>
    public void RenderFrame(double seconds, Span<byte> rgb)
    {
        if (rgb.Length != FrameSide * FrameSide * 3)
            throw new ArgumentException($"{FrameSide * FrameSide * 3} bytes are wanted, not {rgb.Length}.", nameof(rgb));
        FrameBuffer buffer = FrameBuffer.OfThisThread;
        backdrop.Draw(buffer);
        Stage stage = new(buffer, parameters, seconds, backdrop.StartBeat, kind.Hue + backdrop.HueShift, backdrop.CameraShift(seconds));
        stage.Dust();
        kind.Draw(stage);
        buffer.CopyTo(rgb);
    }

    /// <summary>Writes the clip as an mp4 file (H.264, AAC) with the ffmpeg program; the file appears when it is whole.</summary>
    /// <param name="path">Replaced where it exists; its folder must exist.</param>
    /// <exception cref="SyntheticException">ffmpeg is missing or failed, on a full disk for instance; nothing is left behind.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; nothing is left behind.</exception>
    public Task WriteMp4Async(string path, CancellationToken cancellation = default) => Mp4Writer.WriteAsync(this, path, cancellation);
}
