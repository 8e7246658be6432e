namespace CavMae.Retrieval.Media;

/// <summary>The stretch of decoded sound that the scene at hand hears, moved along as scenes are made; of constant size.</summary>
/// <param name="soundStart">Number of the first sample that will be decoded, counted from the clip's beginning.</param>
internal sealed class SoundWindow(long soundStart)
{
    private readonly short[] _samples = new short[PcmAudio.MaxSamples + StreamPumps.ChunkSamples];
    private readonly long _soundStart = soundStart;
    private int _count;

    /// <summary>Number of the first sample held.</summary>
    public long Start { get; private set; } = soundStart;

    /// <summary>Number of the next sample to be decoded.</summary>
    public long End => Start + _count;

    /// <summary>Whether anything was decoded yet.</summary>
    public bool IsUntouched => End == _soundStart;

    /// <summary>Adds what follows.</summary>
    public void Append(ReadOnlySpan<short> chunk)
    {
        chunk.CopyTo(_samples.AsSpan(_count));
        _count += chunk.Length;
    }

    /// <summary>Forgets all samples before number <paramref name="sample"/> that were decoded.</summary>
    public void DropBefore(long sample)
    {
        int dropped = (int)Math.Clamp(sample - Start, 0, _count);
        _samples.AsSpan(dropped, _count - dropped).CopyTo(_samples);
        Start += dropped;
        _count -= dropped;
    }

    /// <summary>
    /// A scene's sound; null where the scene ends before the first sound, or less than <see cref="PcmAudio.MinSamples"/> of decoded sound
    /// is left for it. Where the sound begins within the scene, zeros stand for the time before.
    /// </summary>
    public PcmAudio? Take(PlannedScene scene)
    {
        DropBefore(scene.FirstSample);
        bool isOutside = Start < scene.FirstSample || (Start > scene.FirstSample && Start >= scene.EndSample);
        if (isOutside)
            return null;
        int silent = (int)Math.Min(Start - scene.FirstSample, PcmAudio.MaxSamples);
        int count = Math.Min(_count, PcmAudio.MaxSamples - silent);
        if (count < PcmAudio.MinSamples)
            return null;
        short[] samples = new short[silent + count];
        _samples.AsSpan(0, count).CopyTo(samples.AsSpan(silent));
        return new PcmAudio(samples);
    }
}
