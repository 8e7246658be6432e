using System.Diagnostics;
using CavMae.Benchmarks.Reporting;
using CavMae.Benchmarks.Running;
using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Media;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace CavMae.Benchmarks.Throughput;

/// <summary>What larger batches gain: many scenes at once given to the encoders, by the most that one run may take (<see cref="ModelOptions.MaxBatch"/>).</summary>
internal static class BatchSizes
{
    private const int Scenes = 64;

    /// <summary>As many as the largest batch takes: each takes the better part of a second.</summary>
    private const int ScenesOfLargeModel = 16;
    private const int Turns = 3;
    private static readonly int[] Sizes = [1, 2, 4, 8, 16];

    public static async Task RunAsync(Workspace workspace, IReadOnlyList<Bundle> bundles, ClipSet clips, Report report, CancellationToken cancellationToken)
    {
        report.Section("Batch size",
            $"{Scenes.Format()} scenes with sound and one picture each ({ScenesOfLargeModel.Format()} with ViT-B), all given to the encoders at once, in this process, nothing else being done; "
            + $"by `Model:MaxBatch`, medians of {Turns.Format()} turns through all sizes (1 with ViT-B). Processor time includes everything the process does; memory is the most its resident set held.");
        List<string[]> rows = [];
        foreach (Bundle bundle in bundles)
        {
            bool isLarge = bundle.Name == "vit-b";
            Scene[] scenes = await DecodeAsync(workspace, bundle, clips.Measured.Take(isLarge ? ScenesOfLargeModel : Scenes), cancellationToken);
            Samples[] wall = [.. Sizes.Select(_ => new Samples())], processor = [.. Sizes.Select(_ => new Samples())], memory = [.. Sizes.Select(_ => new Samples())];
            for (int turn = 0; turn < (isLarge ? 1 : Turns); turn++)
                for (int i = 0; i < Sizes.Length; i++)
                {
                    report.Progress($"  {bundle.Name}, batches of {Sizes[i]}");
                    await MeasureAsync(bundle, Sizes[i], scenes, wall[i], processor[i], memory[i], cancellationToken);
                }
            rows.AddRange(Sizes.Select((size, i) => (string[])[bundle.Name, size.Format(), wall[i].Median.Format("0.0"), processor[i].Median.Format("0.0"), memory[i].Worst.Format("0")]));
        }
        report.Table(["model|", "batch", "ms/scene", "processor ms/scene", "MB"], rows);
    }

    private static async Task MeasureAsync(Bundle bundle, int size, Scene[] scenes, Samples wall, Samples processor, Samples peak, CancellationToken cancellationToken)
    {
        ModelOptions options = new() { Path = bundle.Folder, MaxBatch = size };
        await using SceneEncoder encoder = await SceneEncoder.OpenAsync(options, NullLogger<SceneEncoder>.Instance, TimeProvider.System, cancellationToken);
        // A run of each size gets its memory before the clock runs.
        await EncodeAsync(size + 1);
        using Process self = Process.GetCurrentProcess();
        MemoryWatch memory = new(self);
        await using (memory)
        {
            ProcessorTime before = ProcessorTime.Of(self);
            Samples whole = new();
            await whole.TimeAsync(() => EncodeAsync(scenes.Length));
            wall.Add(whole.Last / scenes.Length);
            processor.Add(1000 * (ProcessorTime.Of(self) - before).OwnSeconds / scenes.Length);
        }
        peak.Add(memory.PeakMegabytes);

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
