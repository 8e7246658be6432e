using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using CavMae.Benchmarks.Reporting;
using CavMae.Benchmarks.Running;
using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Index.Embedded;
using Microsoft.Extensions.Logging.Abstractions;

namespace CavMae.Benchmarks;

/// <summary>
/// What a search costs beside decoding, encoding and scanning: the real service in a process of its own, over HTTP, on a store of 100,000 scenes
/// with both vectors. The answers' own timings are taken off the time the client waited.
/// </summary>
internal static class SearchRequestBenchmark
{
    private const int Clips = 10_000;
    private const int ScenesPerClip = 10;
    private const string AskingClip = "asking";
    private const int Warmups = 30;
    private const int Matches = 201;
    private const int Uploads = 41;
    private const int InProcessTurns = 101;
    private const double MostMilliseconds = 3;

    public static async Task RunAsync(Workspace workspace, Report report, CancellationToken cancellationToken)
    {
        report.Section("A whole search request",
            $"The service as a process of its own, asked over HTTP on one open connection, {(Clips * ScenesPerClip).Format()} scenes × 768 with both vectors, 10 hits, sound to pictures. "
            + "*The rest* is the time the client waited less the answer's own `timings` (decode, encoder, search in the store), plus what of that search was not the scan; milliseconds, medians.");
        string data = workspace.NewFolder("data");
        report.Progress("  filling the store");
        await FillAsync(data, workspace.Shallow, cancellationToken);

        report.Progress("  in this process: a search call beside its scan");
        (double search, double scan) = await MeasureInProcessAsync(data, workspace.Shallow, cancellationToken);
        double aroundScan = Math.Max(0, search - scan);

        Request stored, upload;
        Samples refused = new();
        int uploadBytes;
        await using (ServiceProcess service = await ServiceProcess.StartAsync(workspace.Shallow, data, cancellationToken))
        {
            report.Progress("  asking the service");
            stored = await AskAsync(Matches, () => service.Http.GetAsync($"clips/{AskingClip}/matches?direction=audio-to-video", cancellationToken), cancellationToken);
            byte[] clip = await File.ReadAllBytesAsync(Workspace.TenSecondClip, cancellationToken);
            uploadBytes = clip.Length;
            upload = await AskAsync(Uploads, () => service.Http.PostAsync("search/audio-to-video", Form(clip), cancellationToken), cancellationToken,
                prepare: () => refused.TimeAsync(() => RefuseAsync(service, new byte[clip.Length], cancellationToken)));
        }
        report.Table(["request|", "requests", "client waited", "decode", "encoder", "search", "client less timings", "search less scan", "the rest"],
            [Row("a stored clip's matches", stored, aroundScan), Row("a 10 s clip, uploaded", upload, aroundScan)]);
        report.Note($"*Search less scan*: in this process on the same store, {InProcessTurns} turns, the whole call {search.Format("0.00")} ms, the scan alone {scan.Format("0.00")} ms. "
            + $"Of the uploaded clip's rest, receiving its {uploadBytes.Format()} bytes is the most: as many bytes that are no media, refused (415) once they are there, took {refused.Median.Format("0.00")} ms turn by turn with it.");
        Aim("search: the rest of a request, stored clip", stored.Rest.Median + aroundScan);
        Aim("search: the rest of a request, uploaded clip", upload.Rest.Median + aroundScan);

        void Aim(string what, double milliseconds) =>
            report.Aim(what, $"≤ {MostMilliseconds.Format("0")} ms", $"{milliseconds.Format("0.00")} ms", milliseconds <= MostMilliseconds);
    }

    private static async Task FillAsync(string data, Bundle bundle, CancellationToken cancellationToken)
    {
        using DataFolder folder = DataFolder.Open(data);
        await using EmbeddedIndex index = await EmbeddedIndex.OpenAsync(folder, bundle.ModelId, bundle.Dimension, cancellationToken: cancellationToken);
        Random random = new(1);
        for (int clip = 0; clip < Clips; clip++)
            await UpsertAsync($"clip-{clip}", ScenesPerClip);
        await UpsertAsync(AskingClip, 1);

        Task UpsertAsync(string id, int sceneCount)
        {
            TimeSpan length = TimeSpan.FromSeconds(10);
            SceneEmbedding[] scenes = [.. Enumerable.Range(0, sceneCount).Select(i =>
                new SceneEmbedding(i, i * length, (i + 1) * length, SearchBenchmark.UnitVector(random), SearchBenchmark.UnitVector(random)))];
            return index.UpsertAsync(new ClipRecord
            {
                Id = id,
                Title = $"A clip called {id}",
                Tags = ["benchmark"],
                Duration = sceneCount * length,
                HasAudio = true,
                HasVideo = true,
                Sha256 = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(id))),
                MediaType = "video/mp4",
                SizeBytes = 1,
                ModelId = bundle.ModelId,
                CreatedAt = DateTimeOffset.UnixEpoch,
                Scenes = [.. scenes.Select(s => new SceneRecord(s.Index, s.Start, s.End, HasAudio: true, HasVideo: true))],
            }, scenes, cancellationToken);
        }
    }

    /// <summary>The store's search call and the scan within it, turn by turn on the same vectors.</summary>
    private static async Task<(double Search, double Scan)> MeasureInProcessAsync(string data, Bundle bundle, CancellationToken cancellationToken)
    {
        using DataFolder folder = DataFolder.Open(data);
        LoadedClips loaded;
        using (ClipDatabase database = new(folder.DatabasePath, bundle.ModelId, bundle.Dimension))
            loaded = new ClipLoader(database, NullLogger.Instance, TimeProvider.System).Load(bundle.ModelId, bundle.Dimension, cancellationToken);
        await using EmbeddedIndex index = await EmbeddedIndex.OpenAsync(folder, bundle.ModelId, bundle.Dimension, cancellationToken: cancellationToken);
        IndexQuery query = new()
        {
            Scenes = [new SceneEmbedding(0, TimeSpan.Zero, TimeSpan.FromSeconds(10), SearchBenchmark.UnitVector(new Random(2)), null)],
            Pairings = Pairings.AudioToVisual,
        };
        Samples search = new(), scan = new();
        for (int turn = -Warmups; turn < InProcessTurns; turn++)
        {
            Samples searched = turn < 0 ? new Samples() : search, scanned = turn < 0 ? new Samples() : scan;
            await searched.TimeAsync(() => index.SearchAsync(query, cancellationToken));
            using SceneVectors.Lease lease = loaded.Vectors.Acquire();
            ScanQuery prepared = new(query, bundle.Dimension, excludedClip: null);
            scanned.Time(() => VectorScanner.Scan(lease, prepared, cancellationToken));
        }
        return (search.Median, scan.Median);
    }

    private static async Task<Request> AskAsync(int requests, Func<Task<HttpResponseMessage>> ask, CancellationToken cancellationToken, Func<Task>? prepare = null)
    {
        Request request = new();
        for (int i = -Warmups; i < requests; i++)
        {
            if (prepare is not null)
                await prepare();
            Samples total = new();
            using JsonDocument answer = await total.TimeAsync(async () =>
            {
                using HttpResponseMessage response = await ask();
                byte[] body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
                return response.IsSuccessStatusCode ? JsonDocument.Parse(body)
                    : throw new BenchmarkException($"The service answered {(int)response.StatusCode}: {System.Text.Encoding.UTF8.GetString(body)}");
            });
            if (i < 0)
                continue;
            JsonElement timings = answer.RootElement.GetProperty("timings");
            request.Add(total.Median, timings.GetProperty("decodeMs").GetDouble(), timings.GetProperty("embedMs").GetDouble(), timings.GetProperty("searchMs").GetDouble());
        }
        return request;
    }

    /// <summary>The upload without the search: received, hashed, written, looked at, refused, removed.</summary>
    private static async Task<bool> RefuseAsync(ServiceProcess service, byte[] noMedia, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await service.Http.PostAsync("search/audio-to-video", Form(noMedia), cancellationToken);
        return response.StatusCode is HttpStatusCode.UnsupportedMediaType ? true : throw new BenchmarkException($"Zeros were answered {(int)response.StatusCode}, not 415.");
    }

    private static MultipartFormDataContent Form(byte[] clip)
    {
        ByteArrayContent file = new(clip);
        file.Headers.ContentType = new MediaTypeHeaderValue("video/mp4");
        return new MultipartFormDataContent { { file, "file", "clip.mp4" } };
    }

    private static string[] Row(string name, Request request, double aroundScan) =>
    [
        name, request.Total.Count.Format(), request.Total.Median.Format("0.00"), request.Decode.Median.Format("0.00"), request.Embed.Median.Format("0.00"),
        request.Search.Median.Format("0.00"), request.Rest.Median.Format("0.00"), aroundScan.Format("0.00"), (request.Rest.Median + aroundScan).Format("0.00"),
    ];

    private sealed class Request
    {
        public Samples Total { get; } = new();
        public Samples Decode { get; } = new();
        public Samples Embed { get; } = new();
        public Samples Search { get; } = new();
        public Samples Rest { get; } = new();

        public void Add(double total, double decode, double embed, double search)
        {
            Total.Add(total);
            Decode.Add(decode);
            Embed.Add(embed);
            Search.Add(search);
            Rest.Add(total - decode - embed - search);
        }
    }
}
