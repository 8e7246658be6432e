using System.Globalization;

namespace CavMae.Training.Reporting;

/// <summary>
/// One axis: a range, the way from a value to a share of the axis' length, and round numbers along it. A linear axis steps by
/// 1, 2 or 5 times a power of ten; a logarithmic one marks powers of ten, with 2 and 5 between them where they are few.
/// </summary>
internal sealed class Axis
{
    private const int MaxTicks = 7;
    private const double LargestExponent = 300; // Nearer to the limit of double, differences overflow.

    private static readonly double[] LinearFactors = [1, 2, 5, 10], FewPowers = [1, 2, 5], ManyPowers = [1];

    private readonly double first, last;
    private readonly bool isLogarithmic;

    private Axis(double first, double last, bool isLogarithmic)
    {
        (this.first, this.last, this.isLogarithmic) = (first, last, isLogarithmic);
        Ticks = [.. (isLogarithmic ? LogarithmicTicks() : LinearTicks()).Where(tick => ShareOf(tick) is >= -1e-9 and <= 1 + 1e-9)];
    }

    /// <summary>Round values within the range, ascending.</summary>
    public IReadOnlyList<double> Ticks { get; }

    /// <summary>Whether a value can be drawn on such an axis at all.</summary>
    public static bool Takes(double value, bool isLogarithmic) =>
        double.IsFinite(value) && Math.Abs(value) < Math.Pow(10, LargestExponent) && (!isLogarithmic || value > Math.Pow(10, -LargestExponent));

    /// <summary>An axis that holds all the values, with a little room at either end; 0 … 1 (or 0.1 … 1) where there are none.</summary>
    /// <param name="margin">Of the range, on each side.</param>
    public static Axis Around(IEnumerable<double> values, bool isLogarithmic, double margin)
    {
        double smallest = double.PositiveInfinity, largest = double.NegativeInfinity;
        foreach (double value in values)
            (smallest, largest) = (Math.Min(smallest, value), Math.Max(largest, value));
        if (smallest > largest)
            (smallest, largest) = (isLogarithmic ? 0.1 : 0, 1);
        double from = isLogarithmic ? Math.Log10(smallest) : smallest, to = isLogarithmic ? Math.Log10(largest) : largest;
        double room = (to - from) * margin;
        if (to - from <= 1e-9 * Math.Max(Math.Abs(from), Math.Abs(to)) || to == from)
            room = isLogarithmic ? 0.5 : from == 0 ? 1 : Math.Abs(from) / 10;
        return new Axis(from - room, to + room, isLogarithmic);
    }

    /// <summary>0 at the axis' start, 1 at its end.</summary>
    public double ShareOf(double value) => ((isLogarithmic ? Math.Log10(value) : value) - first) / (last - first);

    /// <summary>A tick's label: as few digits as tell it from its neighbours.</summary>
    public static string Label(double tick)
    {
        double size = Math.Abs(tick);
        if (size != 0 && size is < 1e-3 or >= 1e6)
            return tick.ToString("0.###E0", CultureInfo.InvariantCulture);
        return tick.ToString("0.######", CultureInfo.InvariantCulture);
    }

    private IEnumerable<double> LinearTicks()
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10((last - first) / MaxTicks)));
        double step = LinearFactors.Select(factor => factor * power).First(size => (last - first) / size <= MaxTicks);
        for (double i = Math.Ceiling(first / step - 1e-9); i * step <= last + step * 1e-9; i++)
            yield return Math.Round(i) * step is var tick && Math.Abs(tick) < step / 2 ? 0 : RoundedTo(step, tick);
    }

    private IEnumerable<double> LogarithmicTicks()
    {
        int stride = (int)Math.Max(1, Math.Ceiling((last - first) / MaxTicks));
        double[] factors = last - first > 2.5 ? ManyPowers : FewPowers;
        for (double exponent = Math.Floor(first / stride) * stride; exponent <= last; exponent += stride)
        {
            foreach (double factor in factors)
                yield return factor * Math.Pow(10, exponent);
        }
    }

    /// <summary>Takes off the rounding error of a product: 0.30000000000000004 becomes 0.3.</summary>
    private static double RoundedTo(double step, double value)
    {
        int decimals = (int)Math.Ceiling(-Math.Log10(step)) + 1;
        return decimals is >= 0 and <= 15 ? Math.Round(value, decimals) : value;
    }
}
