using System.Globalization;

namespace CavMae.Training.Data;

/// <summary>A sample that could not be read.</summary>
/// <param name="Index">Its place in the source.</param>
/// <param name="Fault">What was wrong, with the file.</param>
public sealed record UnreadableSample(int Epoch, int Index, string Name, string Fault);

/// <summary>More samples are unreadable than the run may do without. The message names count, share and the first few.</summary>
public sealed class UnreadableSamplesException : Exception
{
    private const int Named = 5;

    public UnreadableSamplesException(IReadOnlyCollection<UnreadableSample> samples, int epochSamples, double limit, Exception innerException)
        : base(Describe(samples, epochSamples, limit), innerException) { }

    public UnreadableSamplesException(string message) : base(message) { }

    public UnreadableSamplesException(string message, Exception innerException) : base(message, innerException) { }

    public UnreadableSamplesException() { }

    private static string Describe(IReadOnlyCollection<UnreadableSample> samples, int epochSamples, double limit) => string.Create(CultureInfo.InvariantCulture,
        $"{samples.Count} of an epoch's {epochSamples} samples cannot be read ({(double)samples.Count / epochSamples:0.0%}; at most {limit:0.0%} may be): ")
        + string.Join("; ", samples.Take(Named).Select(sample => $"{sample.Name}: {sample.Fault}"))
        + (samples.Count > Named ? "; …" : "");
}

/// <summary>The unreadable samples of one pass through an epoch, counted against the limit. Thread-safe.</summary>
internal sealed class UnreadableCount(int epoch, int epochSamples, double limit, Action<UnreadableSample> found)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<int, UnreadableSample> _samples = [];

    /// <exception cref="UnreadableSamplesException">That was one too many.</exception>
    public void Add(int index, string name, SampleException fault)
    {
        lock (_gate)
        {
            UnreadableSample sample = new(epoch, index, name, fault.Message);
            if (_samples.TryAdd(index, sample))
                found(sample);
            if (_samples.Count > limit * epochSamples)
                throw new UnreadableSamplesException(_samples.Values, epochSamples, limit, fault);
        }
    }
}
