namespace CavMae.Retrieval.Media;

/// <summary>The stretch of decoded sound that the scene at hand hears, moved along as scenes are made; of constant size.</summary>
internal sealed class SoundWindow
{
    private readonly short[] _samples = new short[PcmAudio.MaxSamples + StreamPumps.ChunkSamples];
    private int _count;

    /// <summary>Number, within the whole sound, of the first sample held.</summary>
    public long Start { get; private set; }

    /// <summary>How many samples were decoded so far.</summary>
    public long End => Start + _count;

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

    /// <summary>A scene's sound; null where less than <see cref="PcmAudio.MinSamples"/> is left.</summary>
    public PcmAudio? Take(long firstSample)
    {
        DropBefore(firstSample);
        int count = Start == firstSample ? Math.Min(_count, PcmAudio.MaxSamples) : 0;
        return count < PcmAudio.MinSamples ? null : new PcmAudio(_samples.AsSpan(0, count).ToArray());
    }
}
