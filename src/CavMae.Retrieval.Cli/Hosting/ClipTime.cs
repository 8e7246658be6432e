using System.Globalization;

namespace CavMae.Retrieval.Cli.Hosting;

/// <summary>Times within clips, as players show them.</summary>
internal static class ClipTime
{
    /// <summary>Minutes, seconds and tenths, with hours where there are any.</summary>
    public static string Format(double seconds)
    {
        TimeSpan time = TimeSpan.FromSeconds(seconds);
        return time.ToString(time.TotalHours >= 1 ? @"h\:mm\:ss\.f" : @"m\:ss\.f", CultureInfo.InvariantCulture);
    }
}
