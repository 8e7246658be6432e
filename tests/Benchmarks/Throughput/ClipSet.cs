using CavMae.Benchmarks.Running;
using CavMae.Synthetic;

namespace CavMae.Benchmarks.Throughput;

/// <summary>Made-up clips of 10 s (224 × 224, 12.5 frames a second, H.264 and AAC in mp4), no two with the same content.</summary>
/// <param name="Measured">Paths of the clips that are timed.</param>
/// <param name="WarmUps">Paths of those that a fresh service gets first.</param>
internal sealed record ClipSet(IReadOnlyList<string> Measured, IReadOnlyList<string> WarmUps)
{
    public const int MeasuredCount = 64;
    public const int WarmUpCount = 10;
    private const int Seed = 64;

    /// <summary>The same with only the first of the measured clips.</summary>
    public ClipSet Take(int count) => this with { Measured = [.. Measured.Take(count)] };

    public static async Task<ClipSet> CreateAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        string folder = workspace.NewFolder("clips");
        string[] paths = [.. Enumerable.Range(0, MeasuredCount + WarmUpCount).Select(index => Path.Combine(folder, $"{index:D3}.mp4"))];
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, paths.Length, parallel, async (index, stop) =>
            await SyntheticClip.Create(SyntheticSplit.HeldOut, Seed, index).WriteMp4Async(paths[index], stop));
        return new ClipSet(paths[..MeasuredCount], paths[MeasuredCount..]);
    }
}
