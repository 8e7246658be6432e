using System.Net;
using System.Text.Json;
using CavMae.Benchmarks.Running;
using CavMae.Benchmarks.Throughput;

namespace CavMae.Benchmarks.Library;

/// <summary>What the service is given to do beside searches, from before they begin until they have ended.</summary>
internal interface IBesideWork
{
    string Name { get; }

    /// <summary>Begins it; on return it is under way.</summary>
    Task StartAsync(ServiceProcess service, CancellationToken cancellationToken);

    /// <summary>Ends it and leaves the library as it was.</summary>
    /// <exception cref="BenchmarkException">It had ended before: the searches had nothing beside them.</exception>
    Task<BesideResult> StopAsync(ServiceProcess service, CancellationToken cancellationToken);
}

/// <param name="Done">How much was done: scenes of a video, or clips.</param>
/// <param name="Retries">How often its requests were answered 429 or 503 and sent again.</param>
/// <param name="Failures">Its requests that failed for good.</param>
internal sealed record BesideResult(int Done, int Retries, IReadOnlyList<string> Failures);

/// <summary>Nothing: the searches have the service for themselves.</summary>
internal sealed class NoWork : IBesideWork
{
    public string Name => "nothing";

    public Task StartAsync(ServiceProcess service, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<BesideResult> StopAsync(ServiceProcess service, CancellationToken cancellationToken) => Task.FromResult(new BesideResult(0, 0, []));
}

/// <summary>A long video, taken in as a job and cancelled in the end.</summary>
internal sealed class LongJobWork(string film) : IBesideWork
{
    private FilmJob? job;
    private int scenesAtStart;

    public string Name => "a long video's job";

    public async Task StartAsync(ServiceProcess service, CancellationToken cancellationToken)
    {
        job = await FilmJob.SendAsync(service, film, cancellationToken);
        scenesAtStart = (await job.WatchAsync(share: 0, cancellationToken))[^1].ScenesDone;
    }

    public async Task<BesideResult> StopAsync(ServiceProcess service, CancellationToken cancellationToken)
    {
        JobMoment ended = await job!.CancelAsync(cancellationToken);
        return ended.State == "cancelled"
            ? new BesideResult(ended.ScenesDone - scenesAtStart, 0, [])
            : throw new BenchmarkException($"The video was too short, or its job did not end as wanted: {ended}");
    }
}

/// <summary>Clients that upload clips one after another, wait for each to be stored, and delete it again; patient where the service is busy.</summary>
/// <param name="clips">Paths of clips that are not in the library; each client has its own.</param>
internal sealed class UploadWork(IReadOnlyList<string> clips, int clients) : IBesideWork
{
    private readonly List<string> failures = [];
    private CancellationTokenSource? stop;
    private Task uploading = Task.CompletedTask;
    private int done, retries;

    public string Name => $"{clients} clients that upload";

    public async Task StartAsync(ServiceProcess service, CancellationToken cancellationToken)
    {
        stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        failures.Clear();
        (done, retries) = (0, 0);
        TaskCompletionSource first = new(TaskCreationOptions.RunContinuationsAsynchronously);
        uploading = Task.WhenAll(Enumerable.Range(0, clients).Select(client =>
            Task.Run(() => UploadAsync(service, [.. clips.Where((_, i) => i % clients == client)], first, cancellationToken), cancellationToken)));
        await first.Task;
        done = 0;
    }

    public async Task<BesideResult> StopAsync(ServiceProcess service, CancellationToken cancellationToken)
    {
        // What is under way is finished: a request that is cut off would be neither done nor failed.
        int doneBesideSearches = done;
        await stop!.CancelAsync();
        await uploading;
        stop.Dispose();
        return new BesideResult(doneBesideSearches, retries, [.. failures]);
    }

    private async Task UploadAsync(ServiceProcess service, string[] own, TaskCompletionSource first, CancellationToken cancellationToken)
    {
        byte[][] contents = [.. own.Select(File.ReadAllBytes)];
        try
        {
            for (int i = 0; !stop!.IsCancellationRequested; i = (i + 1) % contents.Length)
            {
                await UploadAsync(service, contents[i], cancellationToken);
                first.TrySetResult();
            }
        }
        catch (Exception problem)
        {
            first.TrySetException(problem);
            throw;
        }
    }

    private async Task UploadAsync(ServiceProcess service, byte[] clip, CancellationToken cancellationToken)
    {
        Answer answer = await ClientLoad.PostAsync(service, "clips", clip, isPatient: true, cancellationToken);
        Interlocked.Add(ref retries, answer.Retries);
        if (answer.Status is not HttpStatusCode.Created)
        {
            Fail($"POST: {answer}");
            return;
        }
        Interlocked.Increment(ref done);
        await DeleteAsync(service, answer, cancellationToken);
    }

    private async Task DeleteAsync(ServiceProcess service, Answer created, CancellationToken cancellationToken)
    {
        using JsonDocument clip = JsonDocument.Parse(created.Text);
        using HttpResponseMessage response = await service.Http.DeleteAsync($"clips/{clip.RootElement.GetProperty("id").GetString()}", cancellationToken);
        if (!response.IsSuccessStatusCode)
            Fail($"DELETE: {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync(cancellationToken)}");
    }

    private void Fail(string what)
    {
        lock (failures)
            failures.Add(what);
    }
}
