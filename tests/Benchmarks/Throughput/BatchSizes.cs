using System.Diagnostics;
using CavMae.Benchmarks.Reporting;
using CavMae.Benchmarks.Running;
using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Media;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace CavMae.Benchmarks.Throughput;

/// <summary>What larger batches gain: many scenes at once given to the encoders, by the most that one run may take.</summary>
internal static class BatchSizes
{
    private const int Scenes = 64;

    /// <summary>As many as the largest batch takes: each takes the better part of a second.</summary>
    private const int ScenesOfLargeModel = 16;
    private static readonly int[] Sizes = [1, 2, 4, 8, 16];

    public static async Task RunAsync(Workspace workspace, IEnumerable<Bundle> bundles, ClipSet clips, Report report, CancellationToken cancellationToken)
    {
        report.Section("Batch size",
            $"{Scenes.Format()} scenes with sound and one picture each ({ScenesOfLargeModel.Format()} with ViT-B), all given to the encoders at once, in this process, nothing else being done; "
            + $"by the most items of one run. Processor time includes everything the process does; memory is the most its resident set held.");
        List<string[]> rows = [];
        foreach (Bundle bundle in bundles)
        {
            bool isLarge = ThroughputSizes.IsLarge(bundle);
            Scene[] scenes = await DecodeAsync(workspace, bundle, clips.Measured.Take(isLarge ? ScenesOfLargeModel : Scenes), cancellationToken);
            foreach (int size in Sizes)
            {
                report.Progress($"  {bundle.Name}, batches of {size}");
                rows.Add([bundle.Name, size.Format(), .. await MeasureAsync(bundle, size, scenes, cancellationToken)]);
            }
        }
        report.Table(["model|", "batch", "ms/scene", "processor ms/scene", "MB"], rows);
    }

    private static async Task<string[]> MeasureAsync(Bundle bundle, int size, Scene[] scenes, CancellationToken cancellationToken)
    {
        ModelOptions options = new() { Path = bundle.Folder, MaxBatch = size };
        await using SceneEncoder encoder = await SceneEncoder.OpenAsync(options, NullLogger<SceneEncoder>.Instance, TimeProvider.System, cancellationToken);
        // A run of that size gets its memory before the clock runs; the first item runs alone, and the others gather meanwhile.
        await EncodeAsync(Math.Min(size + 1, scenes.Length));
        using Process self = Process.GetCurrentProcess();
        MemoryWatch memory = new(self);
        Samples wall = new();
        ProcessorTime spent;
        await using (memory)
        {
            ProcessorTime before = ProcessorTime.Of(self);
            await wall.TimeAsync(() => EncodeAsync(scenes.Length));
            spent = ProcessorTime.Of(self) - before;
        }
        return [(wall.Last / scenes.Length).Format("0.0"), (1000 * spent.OwnSeconds / scenes.Length).Format("0.0"), memory.PeakMegabytes.Format("0")];

        Task<SceneEmbedding[]> EncodeAsync(int count) => Task.WhenAll(scenes.Take(count).Select(scene => encoder.EncodeAsync(scene, cancellationToken)));
    }

    private static async Task<Scene[]> DecodeAsync(Workspace workspace, Bundle bundle, IEnumerable<string> paths, CancellationToken cancellationToken)
    {
        await using ServiceProvider services = await LocalServices.OpenAsync(workspace, bundle, cancellationToken);
        MediaDecoder decoder = services.GetRequiredService<MediaDecoder>();
        List<Scene> scenes = [];
        foreach (string path in paths)
            await foreach (Scene scene in decoder.DecodeAsync(await decoder.OpenAsync(path, cancellationToken), MediaStreams.All, cancellationToken))
                scenes.Add(scene);
        return [.. scenes];
    }
}
