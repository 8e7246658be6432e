using CavMae.Benchmarks.Running;

namespace CavMae.Benchmarks.Throughput;

/// <summary>How much is measured with one model.</summary>
/// <param name="Clips">Clips taken in, and searches asked at once.</param>
/// <param name="Turns">How often; medians are reported.</param>
/// <param name="ClientCounts">How many clients upload at once, one load for each.</param>
internal sealed record ThroughputSizes(int Clips, int Turns, IReadOnlyList<int> ClientCounts)
{
    /// <summary>Four, as the table by clients says: one or two leave cores idle, more gain nothing. That load is compared with its aim.</summary>
    public const int UploadingClients = 4;

    private const int LargeDimension = 512;
    private const int FewClips = 12;

    /// <summary>With a large encoder a turn takes minutes, and most of that is the encoder, whose time varies little.</summary>
    /// <param name="isQuick">For a look in a few minutes: one turn, and few clips for a large encoder.</param>
    public static ThroughputSizes For(Bundle bundle, bool isQuick) => (IsLarge(bundle), isQuick) switch
    {
        (true, _) => new ThroughputSizes(isQuick ? FewClips : ClipSet.MeasuredCount, 1, [UploadingClients]),
        (false, true) => new ThroughputSizes(ClipSet.MeasuredCount, 1, [UploadingClients]),
        (false, false) => new ThroughputSizes(ClipSet.MeasuredCount, 3, [1, 2, UploadingClients, 8]),
    };

    public static bool IsLarge(Bundle bundle) => bundle.Dimension >= LargeDimension;
}
