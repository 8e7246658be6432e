namespace CavMae.Training.Data;

/// <summary>
/// Samples read together. The arrays are reused: they belong to the consumer until <see cref="Dispose"/>, which gives them back.
/// With the last batch of an epoch they may be longer than what they hold; <see cref="Count"/> counts.
/// </summary>
public sealed class Batch : IDisposable
{
    private Action<Batch>? _giveBack;

    internal Batch(int size)
    {
        Spectrograms = GC.AllocateUninitializedArray<float>(checked(size * SampleSizes.SpectrogramLength));
        Pictures = GC.AllocateUninitializedArray<float>(checked(size * SampleSizes.PictureLength));
        (Indices, Occurrences) = (new int[size], new int[size]);
    }

    /// <summary>[at least Count, 1024 frames, 128 mel bins], normalised.</summary>
    public float[] Spectrograms { get; }

    /// <summary>[at least Count, 3, 224, 224], normalised.</summary>
    public float[] Pictures { get; }

    /// <summary>Which samples these are: a replaced sample shows as what stands for it.</summary>
    public int[] Indices { get; }

    /// <summary>Which draws of these samples: what <see cref="ISampleSource.Read"/> was given.</summary>
    public int[] Occurrences { get; }

    /// <summary>Samples held.</summary>
    public int Count { get; private set; }

    /// <summary>The batch's place in its epoch, from 0; a run that stops after it goes on at <see cref="Number"/> + 1.</summary>
    public int Number { get; private set; }

    /// <summary>Gives the arrays back; more than once does nothing.</summary>
    public void Dispose() => Interlocked.Exchange(ref _giveBack, null)?.Invoke(this);

    internal Span<float> Spectrogram(int slot) => Spectrograms.AsSpan(slot * SampleSizes.SpectrogramLength, SampleSizes.SpectrogramLength);

    internal Span<float> Picture(int slot) => Pictures.AsSpan(slot * SampleSizes.PictureLength, SampleSizes.PictureLength);

    internal void Begin(int number, int count, Action<Batch> giveBack) => (Number, Count, _giveBack) = (number, count, giveBack);
}
