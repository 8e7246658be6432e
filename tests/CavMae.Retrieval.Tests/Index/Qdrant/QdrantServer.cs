using System.Diagnostics;
using System.Globalization;
using CavMae.Tests.Shared;

namespace CavMae.Retrieval.Tests.Index.Qdrant;

/// <summary>A real Qdrant: the one that the environment variable QDRANT_URL names, or one started from a <c>qdrant</c> program on PATH.</summary>
internal static class QdrantServer
{
    private static readonly Lazy<Task<string?>> Started = new(StartAsync);

    /// <summary>Its address; skips the calling test, visibly, where there is none.</summary>
    public static async Task<string> RequireUrlAsync()
    {
        var url = Environment.GetEnvironmentVariable("QDRANT_URL") is { Length: > 0 } given ? given : await Started.Value;
        Assert.SkipWhen(url is null, "no Qdrant is reachable: QDRANT_URL is not set and no 'qdrant' program is on PATH");
        return url!;
    }

    /// <summary>Removes the collections of a new store; its aliases go with them.</summary>
    public static async Task RemoveAsync(string url, string collection)
    {
        using var http = new HttpClient();
        foreach (var name in (string[])[collection + ".first", collection + ".first_clips"])
            (await http.DeleteAsync(new Uri($"{url}/collections/{name}"))).EnsureSuccessStatusCode();
    }

    private static async Task<string?> StartAsync()
    {
        var program = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, "qdrant")).FirstOrDefault(File.Exists);
        if (program is null)
            return null;
        var folder = new TemporaryFolder();
        var port = Random.Shared.Next(20_000, 60_000);
        var start = new ProcessStartInfo(program) { WorkingDirectory = folder.FullPath, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["QDRANT__SERVICE__HTTP_PORT"] = port.ToString(CultureInfo.InvariantCulture);
        start.Environment["QDRANT__SERVICE__GRPC_PORT"] = (port + 1).ToString(CultureInfo.InvariantCulture);
        start.Environment["QDRANT__TELEMETRY_DISABLED"] = "true";
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            process.Kill();
            process.WaitForExit();
            folder.Dispose();
        };
        var url = $"http://127.0.0.1:{port}";
        using var http = new HttpClient();
        for (var i = 0; i < 150; i++)
        {
            try
            {
                if ((await http.GetAsync(new Uri(url + "/readyz"))).IsSuccessStatusCode)
                    return url;
            }
            catch (HttpRequestException)
            {
                // Not yet.
            }
            await Task.Delay(200);
        }
        throw new InvalidOperationException($"'{program}' was started and is not ready after 30 s.");
    }
}
