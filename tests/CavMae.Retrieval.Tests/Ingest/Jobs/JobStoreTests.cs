using System.Security.Cryptography;
using System.Text.Json.Nodes;
using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Ingest;
using CavMae.Retrieval.Ingest.Jobs;
using CavMae.Retrieval.Tests.Support;
using CavMae.Tests.Shared;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace CavMae.Retrieval.Tests.Ingest.Jobs;

public sealed class JobStoreTests : IDisposable
{
    private readonly TemporaryFolder temporary = new();
    private readonly RetrievalMetrics metrics = new(new PlainMeterFactory());
    private readonly ManualTime time = new();
    private readonly DataFolder folder;
    private readonly IngestOptions options = new();
    private JobStore? opened;

    public JobStoreTests() => folder = DataFolder.Open(temporary.File("data"));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        opened?.Dispose();
        folder.Dispose();
        metrics.Dispose();
        temporary.Dispose();
    }

    [Fact]
    public async Task SubmitAsync_OpenedAgain_KeepsEverything()
    {
        ClipUpload upload = new() { Id = "mine", Title = "Höfe", Tags = ["a", "b"], Metadata = JsonNode.Parse("""{"reel":12.50,"deep":[{"ä":null}]}""")!.AsObject(), Replace = true };
        Job submitted = await SubmitAsync(Open(), "content", upload);

        Job job = Open().Find(submitted.Id)!;

        Assert.Equal((JobState.Queued, submitted.Sha256, 7L, time.Now), (job.State, job.Sha256, job.SizeBytes, job.CreatedAt));
        ClipUpload read = Opened.Claim()!.Upload;
        Assert.Equal((upload.Id, upload.Title, upload.Replace, upload.Metadata.ToJsonString()), (read.Id, read.Title, read.Replace, read.Metadata.ToJsonString()));
        Assert.Equal(upload.Tags, read.Tags);
        Assert.Equal("content", await File.ReadAllTextAsync(Opened.OpenFile(job).Path, Token));
        Assert.Empty(Directory.GetFiles(folder.IncomingFolder));
        Assert.Matches("^[0-9a-f]{32}$", job.Id);
    }

    [Fact]
    public async Task Claim_SeveralJobs_GivesEachOnceOldestFirst()
    {
        JobStore store = Open();
        string[] ids = [(await SubmitAsync(store, "1")).Id, (await SubmitAsync(store, "2")).Id, (await SubmitAsync(store, "3")).Id];

        string[] claimed = [.. Enumerable.Range(0, 3).Select(_ => store.Claim()!.Job.Id)];

        Assert.Equal(ids, claimed);
        Assert.Null(store.Claim());
        Assert.Equal(new JobCounts(0, 3), store.Count());
    }

    [Fact]
    public async Task Claim_ByManyThreads_GivesEachOnce()
    {
        JobStore store = Open();
        for (int i = 0; i < 20; i++)
            await SubmitAsync(store, $"content {i}");
        JobRun?[] runs = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => Task.Run(store.Claim, Token)));
        Assert.Equal(20, runs.OfType<JobRun>().Select(run => run.Job.Id).Distinct().Count());
        Assert.Equal(20, runs.Count(run => run is null));
    }

    [Fact]
    public async Task Open_JobThatRan_IsQueuedAgainWithItsScenes()
    {
        Job job = await SubmitAsync(Open(), "content");
        JobRun run = Opened.Claim()!;
        Assert.Empty(Opened.Begin(run, "plan", 3, TimeSpan.FromSeconds(30), 2));
        SceneEmbedding first = Scene(0, [1, 0], [0, 1]), second = Scene(1, null, [0.6f, -0.8f]);
        Opened.Keep(run, first);
        Opened.Keep(run, second);

        JobStore store = Open();

        Job again = store.Find(job.Id)!;
        Assert.Equal((JobState.Queued, 2, 3, TimeSpan.FromSeconds(20)), (again.State, again.Progress.ScenesDone, again.Progress.ScenesTotal, again.Progress.Done));
        Dictionary<int, SceneEmbedding> known = store.Begin(store.Claim()!, "plan", 3, TimeSpan.FromSeconds(30), 2);
        Assert.Equal((first.Start, first.End), (known[0].Start, known[0].End));
        Assert.Equal(first.Audio, known[0].Audio);
        Assert.Null(known[1].Audio);
        Assert.Equal(second.Visual, known[1].Visual);
    }

    [Fact]
    public async Task Begin_OtherPlan_ForgetsTheScenes()
    {
        Job job = await SubmitAsync(Open(), "content");
        JobRun run = Opened.Claim()!;
        Opened.Begin(run, "plan", 3, TimeSpan.FromSeconds(30), 2);
        Opened.Keep(run, Scene(0, [1, 0], null));
        JobStore store = Open();

        Assert.Empty(store.Begin(store.Claim()!, "another plan", 6, TimeSpan.FromSeconds(30), 2));

        Assert.Equal((0, 6), (store.Find(job.Id)!.Progress.ScenesDone, store.Find(job.Id)!.Progress.ScenesTotal));
    }

    [Fact]
    public async Task Begin_VectorThatChanged_IsLeftOut()
    {
        await SubmitAsync(Open(), "content");
        JobRun run = Opened.Claim()!;
        Opened.Begin(run, "plan", 3, TimeSpan.FromSeconds(30), 2);
        Opened.Keep(run, Scene(0, [1, 0], null));
        Opened.Keep(run, Scene(1, [1, 0], null));
        Close();
        Execute("UPDATE scenes SET audio = x'0000000000000000' WHERE scene_index = 0");
        JobStore store = Open();

        Dictionary<int, SceneEmbedding> known = store.Begin(store.Claim()!, "plan", 3, TimeSpan.FromSeconds(30), 2);

        Assert.Equal([1], known.Keys);
    }

    [Fact]
    public async Task Finish_Job_RemovesScenesAndUpload()
    {
        Job job = await SubmitAsync(Open(), "content");
        JobRun run = Opened.Claim()!;
        Opened.Begin(run, "plan", 3, TimeSpan.FromSeconds(30), 2);
        Opened.Keep(run, Scene(0, [1, 0], null));
        time.Now += TimeSpan.FromMinutes(1);

        Opened.Finish(run, JobState.Failed, problem: new JobProblem(422, "It is broken."));

        Job ended = Opened.Find(job.Id)!;
        Assert.Equal((JobState.Failed, new JobProblem(422, "It is broken."), 1, time.Now), (ended.State, ended.Problem, ended.Progress.ScenesDone, ended.EndedAt));
        Assert.False(run.Ended.IsCompleted);
        Opened.Release(run);
        Assert.True(run.Ended.IsCompleted);
        Assert.Empty(Directory.GetFiles(folder.JobsFolder));
        Close();
        Assert.Equal(0, Execute("DELETE FROM scenes"));
    }

    [Fact]
    public async Task Open_DatabaseMovedAway_KeepsTheUploads()
    {
        await SubmitAsync(Open(), "content");
        Close();
        foreach (string file in Directory.GetFiles(folder.FullPath, "jobs.db*"))
            File.Delete(file);
        Assert.Equal(default, Open().Count());
        Assert.Equal(default, Open().Count());
        Assert.Equal("content", await File.ReadAllTextAsync(Assert.Single(Directory.GetFiles(Path.Combine(folder.JobsFolder, "unclaimed"))), Token));
    }

    [Fact]
    public void Open_AnotherProgramsDatabase_IsRefused()
    {
        Execute("CREATE TABLE theirs (x)");
        Assert.Contains("another program", Assert.Throws<StoreUnavailableException>(Open).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_DamagedDatabase_IsUnavailable()
    {
        File.WriteAllText(folder.JobDatabasePath, new string('x', 5000));
        Assert.Throws<StoreUnavailableException>(Open);
    }

    [Fact]
    public async Task FindActive_Uploads_MatchesByContentAndId()
    {
        Job job = await SubmitAsync(Open(), "content", new ClipUpload { Id = "mine", Title = "one" });
        Assert.Equal(job.Id, Opened.FindActive(job.Sha256, new ClipUpload())?.Id);
        Assert.Equal(job.Id, Opened.FindActive(job.Sha256, new ClipUpload { Id = "mine", Title = "two" })?.Id);
        Assert.Null(Opened.FindActive(job.Sha256, new ClipUpload { Id = "other" }));
        Assert.Null(Opened.FindActive(new string('0', 64), new ClipUpload { Id = "mine" }));
        Assert.Null(Opened.FindActive(job.Sha256, new ClipUpload { Id = "mine", Title = "two", Replace = true }));
        Assert.Equal(job.Id, (await SubmitAsync(Opened, "content", new ClipUpload { Id = "mine" })).Id);
        Assert.Single(Directory.GetFiles(folder.JobsFolder));
        await Opened.CancelOrRemoveAsync(job.Id, Token);
        Assert.Null(Opened.FindActive(job.Sha256, new ClipUpload()));
    }

    [Fact]
    public async Task FindActive_ReplacementAskedForBeforeAnother_IsNoRepeatOfTheFirst()
    {
        ClipUpload replace = new() { Id = "mine", Replace = true };
        Job first = await SubmitAsync(Open(), "A", replace), second = await SubmitAsync(Opened, "B", replace);
        Assert.Equal(second.Id, (await SubmitAsync(Opened, "B", replace)).Id);

        Job third = await SubmitAsync(Opened, "A", replace);

        Assert.DoesNotContain(third.Id, (string[])[first.Id, second.Id]);
        Assert.Equal(third.Id, Opened.FindActive(third.Sha256, replace)?.Id);
    }

    [Fact]
    public async Task Claim_ClipOfARunningJob_WaitsUntilThatEnds()
    {
        await SubmitAsync(Open(), "A", new ClipUpload { Id = "mine" });
        Job second = await SubmitAsync(Opened, "B", new ClipUpload { Id = "mine", Replace = true }), other = await SubmitAsync(Opened, "C");
        JobRun first = Opened.Claim()!;
        Assert.Equal(other.Id, Opened.Claim()!.Job.Id);
        Assert.Null(Opened.Claim());
        Opened.Finish(first, JobState.Succeeded, "mine");
        Opened.Release(first);
        Assert.Equal(second.Id, Opened.Claim()!.Job.Id);
    }

    [Fact]
    public async Task Claim_DamagedRow_FailsThatJobAndGoesOn()
    {
        Job damaged = await SubmitAsync(Open(), "A"), next = await SubmitAsync(Opened, "B");
        Close();
        Execute("UPDATE jobs SET upload = '[1' WHERE sequence = (SELECT min(sequence) FROM jobs)");
        JobStore store = Open();

        Assert.Null(store.Claim());
        Assert.Equal(next.Id, store.Claim()!.Job.Id);

        Assert.Equal((JobState.Failed, 500), (store.Find(damaged.Id)!.State, store.Find(damaged.Id)!.Problem?.Status));
    }

    [Fact]
    public async Task Prune_NoRecordsAreKept_KeepsTheLatestForAMinute()
    {
        options.MaxFinishedJobs = 0;
        Job job = await SubmitAsync(Open(), "content");
        Opened.Finish(Opened.Claim()!, JobState.Succeeded, "clip");
        Opened.Prune();
        Assert.Equal(JobState.Succeeded, Opened.Find(job.Id)?.State);
        time.Now += TimeSpan.FromMinutes(2);
        Opened.Prune();
        Assert.Null(Opened.Find(job.Id));
    }

    [Fact]
    public async Task IsAnyActive_ContentOrId_IsFoundUntilTheJobEnds()
    {
        Job job = await SubmitAsync(Open(), "content", new ClipUpload { Id = "mine" });
        string other = new('0', 64);
        Assert.True(Opened.IsAnyActive(job.Sha256, null));
        Assert.True(Opened.IsAnyActive(other, "mine"));
        Assert.False(Opened.IsAnyActive(other, null));
        Assert.False(Opened.IsAnyActive(other, "min'e"));
        await Opened.CancelOrRemoveAsync(job.Id, Token);
        Assert.False(Opened.IsAnyActive(job.Sha256, "mine"));
    }

    [Fact]
    public async Task Finish_Job_ForgetsWhatTheClientSaid()
    {
        await SubmitAsync(Open(), "content", new ClipUpload { Title = "a secret", Metadata = new JsonObject { ["secret"] = 1 } });
        Opened.Finish(Opened.Claim()!, JobState.Succeeded, "clip");
        Close();
        using SqliteConnection connection = new($"Data Source={folder.JobDatabasePath};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT upload FROM jobs";
        Assert.Equal("{}", command.ExecuteScalar());
    }

    [Fact]
    public async Task SubmitAsync_QueueFull_LeavesTheFileToItsOwner()
    {
        options.MaxQueuedJobs = 1;
        await SubmitAsync(Open(), "1");
        using IncomingFile file = Receive("2");
        await Assert.ThrowsAsync<JobQueueFullException>(() => Opened.SubmitAsync(file, new ClipUpload(), Token));
        Assert.True(File.Exists(file.Path));
        Assert.Single(Directory.GetFiles(folder.JobsFolder));
    }

    [Fact]
    public async Task Prune_OldAndTooMany_RemovesThoseAndNoOthers()
    {
        options.MaxFinishedJobs = 3;
        JobStore store = Open();
        List<string> ids = [];
        for (int i = 0; i < 5; i++)
        {
            ids.Add((await SubmitAsync(store, $"content {i}")).Id);
            store.Finish(store.Claim()!, JobState.Succeeded, "clip");
            time.Now += TimeSpan.FromDays(2);
        }
        string waiting = (await SubmitAsync(store, "waiting")).Id;

        store.Prune();
        Assert.Equal([waiting, ids[4], ids[3], ids[2]], store.List(null, null, 10).Items.Select(job => job.Id));

        // The third ended ten days ago by then.
        time.Now += TimeSpan.FromDays(2.5);
        store.Prune();
        Assert.Equal([waiting, ids[4], ids[3]], store.List(null, null, 10).Items.Select(job => job.Id));
    }

    [Fact]
    public async Task List_PagesWhileJobsComeAndGo_GivesEachOnce()
    {
        JobStore store = Open();
        List<string> ids = [];
        for (int i = 0; i < 5; i++)
            ids.Add((await SubmitAsync(store, $"content {i}")).Id);
        JobPage first = store.List(JobState.Queued, null, 2);
        await SubmitAsync(store, "later");
        await store.CancelOrRemoveAsync(ids[3], Token);

        JobPage second = store.List(JobState.Queued, first.NextCursor, 2), third = store.List(JobState.Queued, second.NextCursor, 2);

        Assert.Equal(ids.AsEnumerable().Reverse(), first.Items.Concat(second.Items).Concat(third.Items).Select(job => job.Id));
        Assert.Null(third.NextCursor);
        Assert.Throws<InvalidCursorException>(() => store.List(null, "nonsense", 2));
    }

    [Fact]
    public async Task WatchAsync_Job_TellsEveryStateAndEnds()
    {
        JobStore store = Open();
        Job job = await SubmitAsync(store, "content");
        await using IAsyncEnumerator<Job> watch = store.WatchAsync(job.Id, Token).GetAsyncEnumerator(Token);
        JobRun run = null!;
        foreach ((Action act, JobState expected) in new (Action, JobState)[]
        {
            (() => { }, JobState.Queued), (() => run = store.Claim()!, JobState.Running), (() => store.Finish(run, JobState.Succeeded, "clip"), JobState.Succeeded),
        })
        {
            ValueTask<bool> next = watch.MoveNextAsync();
            act();
            Assert.True(await next);
            Assert.Equal(expected, watch.Current.State);
        }
        Assert.False(await watch.MoveNextAsync());
    }

    private JobStore Opened => opened!;

    private JobStore Open()
    {
        Close();
        return opened = new JobStore(folder, Options.Create(options), metrics, time, NullLogger<JobStore>.Instance);
    }

    private void Close() => opened?.Dispose();

    private Task<Job> SubmitAsync(JobStore store, string content, ClipUpload? upload = null) => store.SubmitAsync(Receive(content), upload ?? new ClipUpload(), Token);

    private IncomingFile Receive(string content)
    {
        string path = Path.Combine(folder.IncomingFolder, Guid.NewGuid().ToString("N"));
        File.WriteAllText(path, content);
        return new IncomingFile(path, content.Length, Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path))));
    }

    private static SceneEmbedding Scene(int index, float[]? audio, float[]? visual) => new(index, TimeSpan.FromSeconds(10 * index), TimeSpan.FromSeconds(10 * index + 10), audio, visual);

    private int Execute(string sql)
    {
        using SqliteConnection connection = new($"Data Source={folder.JobDatabasePath};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // Constants of this class.
        command.CommandText = sql;
#pragma warning restore CA2100
        return command.ExecuteNonQuery();
    }

    private sealed class ManualTime : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 31, 9, 30, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
