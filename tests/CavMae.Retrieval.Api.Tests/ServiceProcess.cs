using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;
using CavMae.Tests.Shared;

namespace CavMae.Retrieval.Api.Tests;

/// <summary>The service as a user runs it: a process of its own, a free port, real HTTP.</summary>
internal sealed partial class ServiceProcess : IAsyncDisposable
{
    /// <summary>It takes seconds; on a machine whose processors others hold, it was seen to take more than a minute.</summary>
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(3);
    private readonly Process process;
    private readonly ConcurrentQueue<string> log = new();
    private readonly TaskCompletionSource<string?> address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServiceProcess(string dataFolder, IReadOnlyDictionary<string, string> settings)
    {
        ProcessStartInfo start = new("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path.GetTempPath() };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "CavMae.Retrieval.Api.dll"));
        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        start.Environment["Index__Embedded__Path"] = dataFolder;
        start.Environment["Model__Path"] = DemoBundle.Folder;
        foreach ((string key, string value) in settings)
            start.Environment[key] = value;
        process = new Process { StartInfo = start, EnableRaisingEvents = true };
        process.OutputDataReceived += (_, e) => Observe(e.Data);
        process.ErrorDataReceived += (_, e) => Observe(e.Data);
        process.Exited += (_, _) => address.TrySetResult(null);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public HttpClient Client { get; private set; } = new();

    public int Id => process.Id;

    public int ExitCode => process.ExitCode;

    public string Log => string.Join('\n', log);

    /// <summary>Starts the service and waits until it answers.</summary>
    public static async Task<ServiceProcess> StartAsync(string dataFolder, params (string Key, string Value)[] settings)
    {
        ServiceProcess service = new(dataFolder, settings.ToDictionary(s => s.Key, s => s.Value));
        string? found = await service.address.Task.WaitAsync(StartTimeout, TestContext.Current.CancellationToken);
        if (found is null)
        {
            await service.process.WaitForExitAsync(TestContext.Current.CancellationToken);
            string why = service.Log;
            await service.DisposeAsync();
            Assert.Fail($"The service did not start:\n{why}");
        }
        service.Client = new HttpClient { BaseAddress = new Uri(found + "/"), Timeout = TimeSpan.FromMinutes(5) };
        return service;
    }

    /// <summary>Starts the service where it is expected to refuse, and waits for its end.</summary>
    public static async Task<(int ExitCode, string Log)> StartRefusedAsync(string dataFolder, params (string Key, string Value)[] settings)
    {
        await using ServiceProcess service = new(dataFolder, settings.ToDictionary(s => s.Key, s => s.Value));
        await service.process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(StartTimeout, TestContext.Current.CancellationToken);
        return (service.ExitCode, service.Log);
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>What Ctrl-C or a service manager does.</summary>
    public async Task StopAsync()
    {
        using (Process kill = Process.Start("kill", ["-TERM", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]))
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(StartTimeout, TestContext.Current.CancellationToken);
    }

    private void Observe(string? line)
    {
        if (line is null)
            return;
        log.Enqueue(line);
        if (ListeningLine().Match(line) is { Success: true } match)
            address.TrySetResult(match.Groups[1].Value);
    }

    [GeneratedRegex(@"API: (http://\S+?)/api/v1")]
    private static partial Regex ListeningLine();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (!process.HasExited)
            process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        process.Dispose();
    }
}
