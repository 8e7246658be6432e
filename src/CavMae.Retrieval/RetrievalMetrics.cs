using System.Diagnostics.Metrics;
using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Ingest.Jobs;

namespace CavMae.Retrieval;

/// <summary>What the service measures of its own work; any listener of <see cref="MeterName"/> (Prometheus in the API) can read it.</summary>
public sealed class RetrievalMetrics : IDisposable
{
    public const string MeterName = "CavMae.Retrieval";

    private readonly Meter meter;
    private readonly Histogram<double> decodeSeconds;
    private readonly Histogram<double> embedSeconds;
    private readonly Histogram<double> storeSeconds;
    private readonly Histogram<double> searchSeconds;
    private readonly Counter<long> scenesEncoded;
    private readonly Counter<long> jobsFinished;

    public RetrievalMetrics(IMeterFactory factory)
    {
        meter = factory.Create(MeterName);
        decodeSeconds = Stage("cavmae.decode.duration", "Time waited for ffmpeg, per file, queueing included.");
        embedSeconds = Stage("cavmae.embed.duration", "Time waited for the encoders, per file, queueing included.");
        storeSeconds = Stage("cavmae.store.duration", "Time to make a clip durable and visible.");
        searchSeconds = Stage("cavmae.search.duration", "Time of one search in the store.");
        scenesEncoded = meter.CreateCounter<long>("cavmae.scenes.encoded", description: "Scenes that went through the encoders, of stored clips and of queries.");
        jobsFinished = meter.CreateCounter<long>("cavmae.jobs.finished", description: "Jobs that ended, by the state they ended in.");
    }

    public void RecordDecode(TimeSpan duration) => decodeSeconds.Record(duration.TotalSeconds);

    public void RecordEmbed(TimeSpan duration) => embedSeconds.Record(duration.TotalSeconds);

    public void RecordStore(TimeSpan duration) => storeSeconds.Record(duration.TotalSeconds);

    public void RecordSearch(TimeSpan duration) => searchSeconds.Record(duration.TotalSeconds);

    public void RecordScene() => scenesEncoded.Add(1);

    public void RecordJob(JobState state) => jobsFinished.Add(1, new KeyValuePair<string, object?>("state", JobStateName.Of(state)));

    /// <summary>Shows how many jobs have not ended.</summary>
    public void ObserveJobs(Func<JobCounts> counts)
    {
        meter.CreateObservableGauge("cavmae.jobs.queued", () => counts().Queued, description: "Jobs that wait for their turn.");
        meter.CreateObservableGauge("cavmae.jobs.running", () => counts().Running, description: "Jobs under way.");
    }

    /// <summary>Shows which model runs where: a 1 whose tags say it.</summary>
    public void ObserveModel(ModelManifest model, ExecutionProvider provider) => meter.CreateObservableGauge("cavmae.model.info",
        () => new Measurement<int>(1,
            new KeyValuePair<string, object?>("model", model.ModelId),
            new KeyValuePair<string, object?>("precision", model.Precision),
            new KeyValuePair<string, object?>("provider", provider.ToString())),
        description: "1; the tags name the model, its precision and the execution provider in use.");

    /// <summary>Shows how many items wait for an encoder.</summary>
    public void ObserveQueueDepth(Func<int> audio, Func<int> visual) => meter.CreateObservableGauge("cavmae.encoder.queue.depth",
        () => (Measurement<int>[])
        [
            new(audio(), new KeyValuePair<string, object?>("encoder", "audio")),
            new(visual(), new KeyValuePair<string, object?>("encoder", "visual")),
        ], description: "Items waiting for an encoder or in it.");

    /// <summary>Shows how many files wait to be decoded or are under way.</summary>
    public void ObserveFiles(Func<int> files) => meter.CreateObservableGauge("cavmae.media.queue.depth", files, description: "Files that wait to be decoded or are being decoded and encoded.");

    /// <summary>Shows how much is stored.</summary>
    public void ObserveStore(Func<IndexCounts> counts)
    {
        meter.CreateObservableGauge("cavmae.store.clips", () => counts().Clips, description: "Clips stored.");
        meter.CreateObservableGauge("cavmae.store.scenes", () => counts().Scenes, description: "Scenes stored.");
    }

    private Histogram<double> Stage(string name, string description) => meter.CreateHistogram(name, "s", description, tags: null,
        new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800] });

    public void Dispose() => meter.Dispose();
}
