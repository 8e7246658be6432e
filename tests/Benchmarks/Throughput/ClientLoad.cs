using System.Diagnostics;
using System.Net.Http.Headers;
using CavMae.Benchmarks.Running;

namespace CavMae.Benchmarks.Throughput;

/// <summary>A file sent to one of the service's addresses.</summary>
internal sealed record Upload(string Address, string Path);

/// <summary>Clients that send uploads, each the next as soon as its last was answered.</summary>
internal static class ClientLoad
{
    /// <param name="clients">How many requests are under way at once.</param>
    public static async Task<LoadResult> RunAsync(ServiceProcess service, IReadOnlyList<Upload> uploads, int clients, CancellationToken cancellationToken)
    {
        // Read before the clock runs: the client's disk is not the service's.
        byte[][] files = [.. uploads.Select(upload => File.ReadAllBytes(upload.Path))];
        double[] seconds = new double[uploads.Count];
        List<string> failures = [];
        int next = -1;
        long start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(SendAsync, cancellationToken)));
        return new LoadResult(Stopwatch.GetElapsedTime(start).TotalSeconds, seconds, failures);

        async Task SendAsync()
        {
            for (int i; (i = Interlocked.Increment(ref next)) < uploads.Count;)
            {
                long sent = Stopwatch.GetTimestamp();
                using MultipartFormDataContent form = Form(files[i]);
                using HttpResponseMessage response = await service.Http.PostAsync(uploads[i].Address, form, cancellationToken);
                string answer = await response.Content.ReadAsStringAsync(cancellationToken);
                seconds[i] = Stopwatch.GetElapsedTime(sent).TotalSeconds;
                if (!response.IsSuccessStatusCode)
                    lock (failures)
                        failures.Add($"{(int)response.StatusCode}: {answer}");
            }
        }
    }

    private static MultipartFormDataContent Form(byte[] clip)
    {
        ByteArrayContent file = new(clip);
        file.Headers.ContentType = new MediaTypeHeaderValue("video/mp4");
        return new MultipartFormDataContent { { file, "file", "clip.mp4" } };
    }
}

/// <param name="WallSeconds">From the first request's beginning to the last answer's end.</param>
/// <param name="RequestSeconds">How long each client waited, in the order of the uploads.</param>
/// <param name="Failures">What was answered where the status was no success.</param>
internal sealed record LoadResult(double WallSeconds, IReadOnlyList<double> RequestSeconds, IReadOnlyList<string> Failures)
{
    /// <summary>The nearest-rank percentile: the smallest wait that <paramref name="percent"/> of the requests did not exceed.</summary>
    public double PercentileSeconds(double percent)
    {
        double[] sorted = [.. RequestSeconds.Order()];
        return sorted[Math.Max(0, (int)Math.Ceiling(percent / 100 * sorted.Length) - 1)];
    }
}
