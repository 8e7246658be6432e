namespace CavMae.Training.Engine;

/// <summary>How the learning rate changes. The defaults are the paper's: halved after epochs 10, 15 and 20.</summary>
public sealed record ScheduleOptions
{
    /// <summary>Updates over which the rate rises from 0.</summary>
    public int WarmupUpdates { get; init; }

    /// <summary>The rate is halved after each of these epochs (counted from 1).</summary>
    public IReadOnlyList<int> HalveAfterEpochs { get; init; } = [10, 15, 20];

    /// <summary>Let the rate fall along a half cosine to 0 over the whole run, besides the halving.</summary>
    public bool Cosine { get; init; }

    /// <summary>The rate of an update as a share of the full rate.</summary>
    /// <param name="update">Counts from 0.</param>
    /// <param name="totalUpdates">Of the whole run.</param>
    /// <param name="epoch">Counts from 0.</param>
    public double ShareAt(long update, long totalUpdates, int epoch)
    {
        double share = Math.Pow(0.5, HalveAfterEpochs.Count(last => epoch >= last));
        if (update < WarmupUpdates)
            share *= (update + 1.0) / WarmupUpdates;
        else if (Cosine)
            share *= 0.5 + 0.5 * Math.Cos(Math.PI * (update - WarmupUpdates) / Math.Max(1, totalUpdates - WarmupUpdates));
        return share;
    }

    internal void Validate()
    {
        TrainingOptions.Check(WarmupUpdates >= 0, nameof(WarmupUpdates), WarmupUpdates, "0 or more");
        TrainingOptions.Check(HalveAfterEpochs.All(epoch => epoch >= 1), nameof(HalveAfterEpochs), string.Join(", ", HalveAfterEpochs), "1 or more each");
    }
}
