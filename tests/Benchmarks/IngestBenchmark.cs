using System.Diagnostics.Metrics;
using CavMae.Benchmarks.Reporting;
using CavMae.Benchmarks.Running;
using CavMae.Retrieval;
using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Ingest;
using CavMae.Retrieval.Media;
using Microsoft.Extensions.DependencyInjection;

namespace CavMae.Benchmarks;

/// <summary>A clip's whole way in, beside what it cannot do without: its decode alone and its encoder runs alone.</summary>
internal static class IngestBenchmark
{
    private const int Turns = 15;

    /// <summary>A turn takes seconds with a large encoder, and the encoder's time varies little.</summary>
    private const int TurnsOfLargeModel = 7;
    private const double MostOverWork = 1.15;

    public static async Task RunAsync(Workspace workspace, Report report, CancellationToken cancellationToken)
    {
        report.Section("Ingest",
            $"Each turn: the clip decoded alone, its scenes encoded alone one after another, then the same clip received, decoded, encoded and stored; it is deleted before the next turn. "
            + $"Milliseconds, medians of {Turns.Format()} turns ({TurnsOfLargeModel.Format()} with ViT-B); *ratio* is the median of each turn's whole ÷ (decode alone + encoders alone). "
            + "Within the whole: the time waited for ffmpeg, for the encoders where ffmpeg was ahead, and for file, database and disk; decoding and encoding overlap.");
        List<string[]> rows = [];
        foreach (Bundle bundle in new[] { workspace.Tiny, workspace.VitB })
        {
            await using ServiceProvider services = await LocalServices.OpenAsync(workspace, bundle, cancellationToken);
            foreach (string clip in Workspace.Clips)
            {
                report.Progress($"  {bundle.Name}, {Path.GetFileName(clip)}");
                StageTimes times = new();
                int turns = bundle == workspace.Tiny ? Turns : TurnsOfLargeModel;
                for (int turn = -1; turn < turns; turn++)
                    await TakeTurnAsync(services, clip, turn < 0 ? new StageTimes() : times, cancellationToken);
                rows.Add(times.ToRow(bundle.Name, Path.GetFileName(clip)));
                if (clip == Workspace.TenSecondClip)
                {
                    report.Aim($"ingest: whole ÷ (decode alone + encoders alone), 10 s clip, {bundle.Name}", $"≤ {MostOverWork.Format("0.00")}",
                        times.Ratio.Median.Format("0.000"), times.Ratio.Median <= MostOverWork);
                }
            }
        }
        report.Table(["model|", "clip|", "scenes", "decode alone", "encoders alone", "whole", "ratio", "of it receive", "decode", "embed", "store"], rows);
    }

    private static async Task TakeTurnAsync(IServiceProvider services, string clip, StageTimes times, CancellationToken cancellationToken)
    {
        MediaDecoder decoder = services.GetRequiredService<MediaDecoder>();
        SceneEncoder encoder = services.GetRequiredService<SceneEncoder>();
        List<Scene> scenes = await times.Decode.TimeAsync(() => DecodeAsync(decoder, clip, cancellationToken));
        times.Scenes = scenes.Count;
        await times.Encode.TimeAsync(async () =>
        {
            foreach (Scene scene in scenes)
                await encoder.EncodeAsync(scene, cancellationToken);
            return true;
        });
        using (new StageListener(times))
            await times.Whole.TimeAsync(() => IngestAsync(services, clip, times, cancellationToken));
        times.Ratio.Add(times.Whole.Last / (times.Decode.Last + times.Encode.Last));
        await services.GetRequiredService<ClipIngestor>().DeleteAsync(ClipId, cancellationToken);
    }

    private const string ClipId = "measured";

    private static async Task<List<Scene>> DecodeAsync(MediaDecoder decoder, string clip, CancellationToken cancellationToken)
    {
        MediaSource source = await decoder.OpenAsync(clip, cancellationToken);
        List<Scene> scenes = [];
        await foreach (Scene scene in decoder.DecodeAsync(source, MediaStreams.All, cancellationToken))
            scenes.Add(scene);
        return scenes;
    }

    private static async Task<IngestResult> IngestAsync(IServiceProvider services, string clip, StageTimes times, CancellationToken cancellationToken)
    {
        await using FileStream content = File.OpenRead(clip);
        using IncomingFile file = await times.Receive.TimeAsync(() => services.GetRequiredService<MediaStore>().ReceiveAsync(content, UploadPurpose.Clip, cancellationToken));
        IngestResult result = await services.GetRequiredService<ClipIngestor>().IngestAsync(file, new ClipUpload { Id = ClipId }, cancellationToken);
        return result.Outcome is IngestOutcome.Created ? result : throw new BenchmarkException($"{clip} was there already: the turn before was not cleaned up.");
    }

    /// <summary>Reads the stages' times where everybody can read them: from the service's own metrics.</summary>
    private sealed class StageListener : IDisposable
    {
        private readonly MeterListener listener = new();

        public StageListener(StageTimes times)
        {
            listener.InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == RetrievalMetrics.MeterName && instrument is Histogram<double>)
                    self.EnableMeasurementEvents(instrument);
            };
            listener.SetMeasurementEventCallback<double>((instrument, seconds, _, _) => times.FindStage(instrument.Name)?.Add(1000 * seconds));
            listener.Start();
        }

        public void Dispose() => listener.Dispose();
    }

    private sealed class StageTimes
    {
        public int Scenes { get; set; }
        public Samples Decode { get; } = new();
        public Samples Encode { get; } = new();
        public Samples Whole { get; } = new();
        public Samples Ratio { get; } = new();
        public Samples Receive { get; } = new();
        public Samples DecodeStage { get; } = new();
        public Samples EmbedStage { get; } = new();
        public Samples StoreStage { get; } = new();

        public Samples? FindStage(string instrument) => instrument switch
        {
            "cavmae.decode.duration" => DecodeStage,
            "cavmae.embed.duration" => EmbedStage,
            "cavmae.store.duration" => StoreStage,
            _ => null,
        };

        public string[] ToRow(string model, string clip) =>
        [
            model, clip, Scenes.Format(), .. new[] { Decode, Encode, Whole }.Select(s => s.Median.Format("0.0")), Ratio.Median.Format("0.000"),
            .. new[] { Receive, DecodeStage, EmbedStage, StoreStage }.Select(s => s.Median.Format("0.0")),
        ];
    }
}
