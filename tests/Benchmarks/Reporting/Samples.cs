using System.Diagnostics;
using System.Globalization;

namespace CavMae.Benchmarks.Reporting;

/// <summary>One thing measured many times; the median stands for it, since a shared machine's other work only ever adds.</summary>
internal sealed class Samples
{
    private readonly List<double> values = [];

    public int Count => values.Count;

    public double Last => values[^1];

    public double Best => values.Min();

    public double Worst => values.Max();

    public double Median
    {
        get
        {
            double[] sorted = [.. values.Order()];
            int middle = sorted.Length / 2;
            return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        }
    }

    public void Add(double value) => values.Add(value);

    /// <summary>Runs something and takes down its milliseconds.</summary>
    public async Task<T> TimeAsync<T>(Func<Task<T>> work)
    {
        long start = Stopwatch.GetTimestamp();
        T result = await work();
        Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        return result;
    }

    /// <inheritdoc cref="TimeAsync{T}"/>
    public T Time<T>(Func<T> work)
    {
        long start = Stopwatch.GetTimestamp();
        T result = work();
        Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        return result;
    }
}

internal static class Figures
{
    public static string Format(this double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    public static string Format(this int value) => value.ToString("#,0", CultureInfo.InvariantCulture);
}
