using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using CavMae.Benchmarks.Running;

namespace CavMae.Benchmarks.Throughput;

/// <summary>A file sent to one of the service's addresses.</summary>
internal sealed record Upload(string Address, string Path);

/// <summary>Clients that send uploads, each the next as soon as its last was answered.</summary>
internal static class ClientLoad
{
    /// <summary>Attempts at one request of a patient client, the first included; then it has failed.</summary>
    private const int MaxAttempts = 100;

    /// <param name="clients">How many requests are under way at once.</param>
    public static Task<LoadResult> RunAsync(ServiceProcess service, IReadOnlyList<Upload> uploads, int clients, CancellationToken cancellationToken) =>
        RunAsync(service, uploads, clients, isPatient: false, cancellationToken);

    /// <param name="isPatient">Whether a request that is answered 429 or 503 is sent again after the time the answer names; the client has waited since it sent it first.</param>
    /// <inheritdoc cref="RunAsync(ServiceProcess, IReadOnlyList{Upload}, int, CancellationToken)"/>
    public static async Task<LoadResult> RunAsync(ServiceProcess service, IReadOnlyList<Upload> uploads, int clients, bool isPatient, CancellationToken cancellationToken)
    {
        // Read before the clock runs: the client's disk is not the service's.
        byte[][] files = [.. uploads.Select(upload => File.ReadAllBytes(upload.Path))];
        double[] seconds = new double[uploads.Count];
        List<string> failures = [];
        int next = -1, retries = 0;
        long start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(SendAsync, cancellationToken)));
        return new LoadResult(Stopwatch.GetElapsedTime(start).TotalSeconds, seconds, failures) { Retries = retries };

        async Task SendAsync()
        {
            for (int i; (i = Interlocked.Increment(ref next)) < uploads.Count;)
            {
                long sent = Stopwatch.GetTimestamp();
                Answer answer = await PostAsync(service, uploads[i].Address, files[i], isPatient, cancellationToken);
                seconds[i] = Stopwatch.GetElapsedTime(sent).TotalSeconds;
                Interlocked.Add(ref retries, answer.Retries);
                if (!answer.IsSuccess)
                    lock (failures)
                        failures.Add(answer.ToString());
            }
        }
    }

    /// <inheritdoc cref="RunAsync(ServiceProcess, IReadOnlyList{Upload}, int, bool, CancellationToken)"/>
    public static async Task<Answer> PostAsync(ServiceProcess service, string address, byte[] clip, bool isPatient, CancellationToken cancellationToken)
    {
        for (int retries = 0; ; retries++)
        {
            using MultipartFormDataContent form = Form(clip);
            using HttpResponseMessage response = await service.Http.PostAsync(address, form, cancellationToken);
            string text = await response.Content.ReadAsStringAsync(cancellationToken);
            bool isBusy = response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable;
            if (!isPatient || !isBusy || retries + 1 == MaxAttempts)
                return new Answer(response.StatusCode, text, retries);
            await Task.Delay(response.Headers.RetryAfter?.Delta ?? TimeSpan.FromSeconds(1), cancellationToken);
        }
    }

    private static MultipartFormDataContent Form(byte[] clip)
    {
        ByteArrayContent file = new(clip);
        file.Headers.ContentType = new MediaTypeHeaderValue("video/mp4");
        return new MultipartFormDataContent { { file, "file", "clip.mp4" } };
    }
}

/// <summary>The last answer to a request.</summary>
/// <param name="Retries">How often it had been answered 429 or 503 and sent again.</param>
internal sealed record Answer(HttpStatusCode Status, string Text, int Retries)
{
    public bool IsSuccess => (int)Status is >= 200 and < 300;

    public override string ToString() => $"{(int)Status}: {Text}";
}

/// <param name="WallSeconds">From the first request's beginning to the last answer's end.</param>
/// <param name="RequestSeconds">How long each client waited, in the order of the uploads.</param>
/// <param name="Failures">What was answered where the status was no success.</param>
internal sealed record LoadResult(double WallSeconds, IReadOnlyList<double> RequestSeconds, IReadOnlyList<string> Failures)
{
    /// <summary>How often patient clients were answered 429 or 503 and sent their request again.</summary>
    public int Retries { get; init; }

    /// <summary>The nearest-rank percentile: the smallest wait that <paramref name="percent"/> of the requests did not exceed.</summary>
    public double PercentileSeconds(double percent)
    {
        double[] sorted = [.. RequestSeconds.Order()];
        return sorted[Math.Max(0, (int)Math.Ceiling(percent / 100 * sorted.Length) - 1)];
    }
}
