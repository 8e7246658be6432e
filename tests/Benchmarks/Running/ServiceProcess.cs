using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace CavMae.Benchmarks.Running;

/// <summary>The service as it is shipped: a process of its own, asked over HTTP on a free port of this machine.</summary>
internal sealed partial class ServiceProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(5);

    private readonly TaskCompletionSource<Uri> address = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly StringBuilder log = new();

    private ServiceProcess(Process process)
    {
        Process = process;
        Http = new HttpClient(new ExplainingHandler(this)) { Timeout = Timeout.InfiniteTimeSpan };
        process.OutputDataReceived += (_, e) => Read(e.Data);
        process.ErrorDataReceived += (_, e) => Read(e.Data);
        process.Exited += (_, _) => address.TrySetException(new BenchmarkException($"The service did not start:\n{log}"));
    }

    public Process Process { get; }

    /// <summary>Keeps its connection open between requests, as clients do.</summary>
    public HttpClient Http { get; }

    public static async Task<ServiceProcess> StartAsync(Bundle bundle, string dataFolder, CancellationToken cancellationToken)
    {
        string program = BuiltProgram.Find("CavMae.Retrieval.Api", "CavMae.Retrieval.Api.dll");
        ProcessStartInfo start = new("dotnet", [program]) { WorkingDirectory = Path.GetDirectoryName(program), RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        start.Environment["Model__Path"] = bundle.Folder;
        start.Environment["Index__Embedded__Path"] = dataFolder;
        // It is killed at the end; what it then leaves goes with the workspace. The name is short because sockets lie there.
        start.Environment["TMPDIR"] = Directory.CreateDirectory(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(dataFolder))!, "t")).FullName;
        ServiceProcess service = new(new Process { StartInfo = start, EnableRaisingEvents = true });
        try
        {
            service.Process.Start();
            service.Process.BeginOutputReadLine();
            service.Process.BeginErrorReadLine();
            service.Http.BaseAddress = await service.address.Task.WaitAsync(StartLimit, cancellationToken);
            return service;
        }
        catch
        {
            await service.DisposeAsync();
            throw;
        }
    }

    private void Read(string? line)
    {
        if (line is null)
            return;
        lock (log)
            log.AppendLine(line);
        if (Address().Match(line) is { Success: true } match)
            address.TrySetResult(new Uri(match.Groups[1].Value + "/"));
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        Process.Kill(entireProcessTree: true);
        await Process.WaitForExitAsync();
        Process.Dispose();
    }

    /// <summary>Says why a request got no answer: what the service said last, and how it ended if it did.</summary>
    private sealed class ExplainingHandler(ServiceProcess service) : DelegatingHandler(new SocketsHttpHandler())
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            try
            {
                return await base.SendAsync(request, cancellationToken);
            }
            catch (HttpRequestException problem)
            {
                // A process that is ending needs a moment until it has ended.
                await Task.WhenAny(service.Process.WaitForExitAsync(cancellationToken), Task.Delay(TimeSpan.FromSeconds(2), cancellationToken));
                lock (service.log)
                    throw new BenchmarkException($"{problem.Message} The service {(service.Process.HasExited ? $"ended with code {service.Process.ExitCode}" : "still runs")}. It said:\n{service.log}");
            }
        }
    }

    /// <summary>What the service logs once it listens.</summary>
    [GeneratedRegex(@"API: (http://\S+/api/v1)")]
    private static partial Regex Address();
}
