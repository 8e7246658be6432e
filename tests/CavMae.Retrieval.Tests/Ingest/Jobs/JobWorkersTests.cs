using System.Diagnostics.Metrics;
using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Ingest;
using CavMae.Retrieval.Ingest.Jobs;
using CavMae.Retrieval.Media;
using CavMae.Retrieval.Tests.Support;
using CavMae.Tests.Shared;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace CavMae.Retrieval.Tests.Ingest.Jobs;

/// <summary>What becomes of jobs when something goes wrong.</summary>
public sealed class JobWorkersTests : IAsyncLifetime
{
    private static readonly string Zoom = Fixtures.Clip("zoom_640x360_25fps_10s.mp4"), Bars = Fixtures.Clip("bars_480x854_29.97fps_12.3s.mp4");

    private readonly TemporaryFolder temporary = new();
    private readonly PlainMeterFactory meters = new();
    private readonly RetrievalMetrics metrics;
    private readonly MeterListener listener;
    private readonly HastyTime time = new();
    private readonly CancellationTokenSource stop = new();
    private readonly MediaDecoder decoder = new(Options.Create(new MediaOptions()), Options.Create(new SceneOptions()), NullLogger<MediaDecoder>.Instance, TimeProvider.System);
    private long scenesEncoded;
    private DataFolder? folder;
    private SceneEncoder? encoder;
    private FaultyIndex? index;
    private MediaStore? media;
    private MediaChanges? changes;
    private JobStore? jobs;
    private ClipIngestor? ingestor;
    private Task running = Task.CompletedTask;

    public JobWorkersTests()
    {
        metrics = new RetrievalMetrics(meters);
        listener = WhenEncoding(() => Interlocked.Increment(ref scenesEncoded));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        IOptions<MediaOptions> options = Options.Create(new MediaOptions());
        folder = DataFolder.Open(temporary.File("data"));
        encoder = await SceneEncoder.OpenAsync(new ModelOptions { Path = DemoBundle.Folder }, NullLogger<SceneEncoder>.Instance, TimeProvider.System, Token);
        index = new FaultyIndex(await EmbeddedIndex.OpenAsync(folder, encoder.Model.ModelId, encoder.Model.Dimension, cancellationToken: Token));
        media = new MediaStore(folder, options);
        changes = new MediaChanges(folder, media, NullLogger<MediaChanges>.Instance);
        ingestor = new ClipIngestor(new MediaEmbedder(decoder, encoder, metrics, options), encoder, index, media, changes, metrics, TimeProvider.System);
        jobs = new JobStore(folder, Options.Create(new IngestOptions()), metrics, TimeProvider.System, NullLogger<JobStore>.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        listener.Dispose();
        jobs!.Dispose();
        await index!.DisposeAsync();
        await encoder!.DisposeAsync();
        folder!.Dispose();
        decoder.Dispose();
        metrics.Dispose();
        stop.Dispose();
        temporary.Dispose();
    }

    [Fact]
    public async Task RunAsync_StoreUnavailableForAWhile_StoresTheClipAndEncodesItOnce()
    {
        index!.BeforeUpsert = number => number <= 12 ? new StoreUnavailableException("not yet") : null;

        Job job = await RunAsync(Zoom, "mine");

        Assert.Equal((JobState.Succeeded, "mine", 13), (job.State, job.ClipId, index.Upserts));
        Assert.Equal(job.Progress.ScenesTotal, (int)Interlocked.Read(ref scenesEncoded));
        AssertFiles(Zoom);
    }

    [Fact]
    public async Task RunAsync_OtherFault_FailsAfterEightTriesAndTheNextJobRuns()
    {
        index!.BeforeUpsert = number => number <= 8 ? new InvalidOperationException("a defect") : null;

        Job job = await RunAsync(Zoom, "mine"), next = await SubmitAndWaitAsync(Bars, "next");

        Assert.Equal((JobState.Failed, new JobProblem(500, "a defect")), (job.State, job.Problem));
        Assert.Equal((JobState.Succeeded, 9), (next.State, index.Upserts));
        Assert.Null(await index.GetAsync("mine", Token));
        AssertFiles(Bars);
    }

    [Fact]
    public async Task RunAsync_FileThatIsNone_FailsAtOnceAndTheNextJobRuns()
    {
        string broken = temporary.File("broken.mp4");
        await File.WriteAllBytesAsync(broken, File.ReadAllBytes(Zoom)[..1000], Token);

        Job job = await RunAsync(broken, "mine"), next = await SubmitAndWaitAsync(Bars, "next");

        Assert.Equal((JobState.Failed, 422), (job.State, job.Problem?.Status));
        Assert.Equal((JobState.Succeeded, 1), (next.State, index!.Upserts));
        AssertFiles(Bars);
    }

    [Fact]
    public async Task RunAsync_AnswerOfTheStoreLost_FindsTheClipStored()
    {
        index!.AfterUpsert = number => number == 1 ? new StoreUnavailableException("no answer") { MayHaveTakenPlace = true } : null;

        Job job = await RunAsync(Zoom, "mine");

        Assert.Equal((JobState.Succeeded, "mine", 1), (job.State, job.ClipId, index.Upserts));
        // The mark that the lost answer left is looked after at the next start.
        await changes!.SweepAsync(index, Token);
        AssertFiles(Zoom);
    }

    [Fact]
    public async Task RunAsync_EndedAfterItHadReplacedTheClip_DoesNotReplaceItOnceMore()
    {
        Assert.Equal(JobState.Succeeded, (await RunAsync(Zoom, "mine")).State);
        index!.AfterUpsert = number =>
        {
            stop.Cancel();
            return new OperationCanceledException(stop.Token);
        };
        Job job = await SubmitAsync(Bars, new ClipUpload { Id = "mine", Title = "as it came", Replace = true });
        await running;
        Assert.Equal(JobState.Queued, jobs!.Find(job.Id)!.State);
        await index.UpdateAsync("mine", new ClipChanges { Title = "changed since" }, Token);

        using CancellationTokenSource again = new();
        Task goingOn = Workers().RunAsync(problem => new JobProblem(500, problem.Message), again.Token);
        Job ended = await EndAsync(job.Id);
        await again.CancelAsync();
        await goingOn;

        Assert.Equal((JobState.Succeeded, "mine", 2), (ended.State, ended.ClipId, index.Upserts));
        Assert.Equal("changed since", (await index.GetAsync("mine", Token))!.Title);
        AssertFiles(Bars);
    }

    [Fact]
    public async Task RunAsync_FirstTryLostSecondFails_LeavesNoMediaBehindAfterTheNextStart()
    {
        index!.BeforeUpsert = number => number == 1 ? new StoreUnavailableException("no answer") { MayHaveTakenPlace = true } : new InvalidOperationException("a defect");

        Job job = await RunAsync(Zoom, "mine");

        Assert.Equal(JobState.Failed, job.State);
        await changes!.SweepAsync(index, Token);
        Assert.Empty(Directory.GetFiles(folder!.MediaFolder, "*", SearchOption.AllDirectories));
        Assert.Empty(Directory.GetFiles(folder.IncomingFolder));
    }

    [Fact]
    public async Task RunAsync_LookingAfterOldMediaFails_IsNoFailureOfTheJob()
    {
        Assert.Equal(JobState.Succeeded, (await RunAsync(Zoom, "mine")).State);
        index!.BeforeFind = upserts => upserts == 2 ? new StoreUnavailableException("gone") : null;

        Job job = await SubmitAndWaitAsync(Bars, "mine", replace: true);

        Assert.Equal((JobState.Succeeded, 2), (job.State, index.Upserts));
        Assert.Equal(2, Directory.GetFiles(folder!.MediaFolder, "*", SearchOption.AllDirectories).Length);
        index.BeforeFind = static _ => null;
        await changes!.SweepAsync(index, Token);
        AssertFiles(Bars);
    }

    [Fact]
    public async Task RunAsync_Stopped_LeavesTheJobToTheNextStart()
    {
        TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        index!.BeforeUpsert = _ =>
        {
            reached.TrySetResult();
            return new StoreUnavailableException("not yet");
        };
        Start();
        Job job = await SubmitAsync(Zoom, new ClipUpload { Id = "mine" });
        await reached.Task.WaitAsync(Token);

        await StopAsync();

        Assert.Equal(JobState.Queued, jobs!.Find(job.Id)!.State);
        Assert.Single(Directory.GetFiles(folder!.JobsFolder));
        Assert.Empty(Directory.GetFiles(folder.IncomingFolder));
        Assert.Empty(Directory.GetFiles(folder.MediaFolder, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task DeleteAsync_WhileAJobReplacesTheClip_DoesNotWaitForIt()
    {
        Assert.Equal(JobState.Succeeded, (await RunAsync(Zoom, "mine")).State);
        TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using ManualResetEventSlim goOn = new();
        using IDisposable subscription = WhenEncoding(() =>
        {
            reached.TrySetResult();
            goOn.Wait(Token);
        });
        Job job = await SubmitAsync(Bars, new ClipUpload { Id = "mine", Replace = true });
        await reached.Task.WaitAsync(Token);

        Assert.True(await ingestor!.DeleteAsync("mine", Token));
        Assert.Empty(Directory.GetFiles(folder!.MediaFolder, "*", SearchOption.AllDirectories));
        goOn.Set();

        Assert.Equal(JobState.Succeeded, (await EndAsync(job.Id)).State);
        AssertFiles(Bars);
    }

    [Fact]
    public async Task IngestAsync_AnotherProcessTookTheNewIdMeanwhile_IsAConflictAndLeavesNothing()
    {
        index!.AfterUpsert = _ =>
        {
            ClipRecord ours = index.Inner.GetAsync("mine", Token).GetAwaiter().GetResult()!;
            IReadOnlyList<SceneEmbedding> scenes = index.Inner.GetEmbeddingsAsync("mine", Token).GetAwaiter().GetResult()!;
            index.Inner.UpsertAsync(ours with { Sha256 = new string('0', 64), CreatedAt = ours.CreatedAt.AddMilliseconds(1) }, scenes, Token).GetAwaiter().GetResult();
            return null;
        };
        using FileStream content = File.OpenRead(Zoom);
        using IncomingFile file = await media!.ReceiveAsync(content, UploadPurpose.Clip, Token);

        await Assert.ThrowsAsync<ClipConflictException>(() => ingestor!.IngestAsync(file, new ClipUpload { Id = "mine" }, Token));

        Assert.Equal(new string('0', 64), (await index.GetAsync("mine", Token))!.Sha256);
        Assert.Empty(Directory.GetFiles(folder!.MediaFolder, "*", SearchOption.AllDirectories));
        Assert.Empty(Directory.GetFiles(folder.IncomingFolder));
    }

    /// <summary>Calls back whenever a scene was encoded, in the middle of its job.</summary>
    private MeterListener WhenEncoding(Action act)
    {
        MeterListener own = new()
        {
            InstrumentPublished = (instrument, observer) =>
            {
                if (instrument.Name == "cavmae.scenes.encoded" && instrument.Meter == meters.Meter)
                    observer.EnableMeasurementEvents(instrument);
            },
        };
        own.SetMeasurementEventCallback<long>((_, _, _, _) => act());
        own.Start();
        return own;
    }

    private void Start()
    {
        running = Workers().RunAsync(problem => new JobProblem(problem is MediaException ? 422 : 500, problem.Message), stop.Token);
    }

    private JobWorkers Workers() => new(jobs!, ingestor!, encoder!, Options.Create(new IngestOptions()), Options.Create(new SceneOptions()), time, NullLogger<JobWorkers>.Instance);

    private async Task StopAsync()
    {
        await stop.CancelAsync();
        await running;
    }

    private async Task<Job> RunAsync(string path, string id)
    {
        Start();
        return await SubmitAndWaitAsync(path, id);
    }

    private async Task<Job> SubmitAndWaitAsync(string path, string id, bool replace = false) => await EndAsync((await SubmitAsync(path, new ClipUpload { Id = id, Replace = replace })).Id);

    private async Task<Job> SubmitAsync(string path, ClipUpload upload)
    {
        using FileStream content = File.OpenRead(path);
        using IncomingFile file = await media!.ReceiveAsync(content, UploadPurpose.Clip, Token);
        return await jobs!.SubmitAsync(file, upload, Token);
    }

    private async Task<Job> EndAsync(string id) => await jobs!.WatchAsync(id, Token).LastAsync(Token);

    /// <summary>The media of one clip, and nothing else.</summary>
    private void AssertFiles(string clip)
    {
        Assert.Equal(File.ReadAllBytes(clip), File.ReadAllBytes(Assert.Single(Directory.GetFiles(folder!.MediaFolder, "*", SearchOption.AllDirectories))));
        Assert.Empty(Directory.GetFiles(folder.JobsFolder));
        Assert.Empty(Directory.GetFiles(folder.IncomingFolder));
    }
}
