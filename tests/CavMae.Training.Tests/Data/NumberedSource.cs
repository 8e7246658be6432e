using System.Collections.Concurrent;
using CavMae.Training.Data;

namespace CavMae.Training.Tests.Data;

/// <summary>Samples that hold their own index, epoch and occurrence; some cannot be read.</summary>
internal sealed class NumberedSource(int count, params int[] unreadable) : ISampleSource
{
    private readonly ConcurrentDictionary<int, Thread> _threads = new();

    public int Count => count;

    /// <summary>Called with the index before each sample.</summary>
    public Action<int> Before { get; init; } = _ => { };

    /// <summary>The partner that is at fault for an index and occurrence; null: none.</summary>
    public Func<int, int, int?> BadPartner { get; init; } = (_, _) => null;

    /// <summary>Every thread that ever read here.</summary>
    public IReadOnlyCollection<Thread> Threads => [.. _threads.Values];

    public void Read(int index, int epoch, int occurrence, Span<float> spectrogram, Span<float> picture)
    {
        _threads.TryAdd(Environment.CurrentManagedThreadId, Thread.CurrentThread);
        Before(index);
        if (unreadable.Contains(index))
            throw new SampleException($"file {index} is broken");
        if (BadPartner(index, occurrence) is { } partner)
            throw new SampleException($"file {partner} is broken") { PartnerIndex = partner };
        (spectrogram[0], spectrogram[1], spectrogram[^1]) = (index, occurrence, epoch);
        (picture[0], picture[1], picture[^1]) = (index, occurrence, epoch);
    }

    public string NameOf(int index) => $"sample-{index}";
}
