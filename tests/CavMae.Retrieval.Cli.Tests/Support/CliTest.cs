using System.Diagnostics;
using System.Text.Json;
using CavMae.Retrieval.Cli.Commands;
using CavMae.Retrieval.Index;
using CavMae.Tests.Shared;

namespace CavMae.Retrieval.Cli.Tests.Support;

/// <summary>What a command said and how it ended.</summary>
internal sealed record Outcome(int ExitCode, string Output, string Error)
{
    public JsonElement Json => JsonDocument.Parse(Output).RootElement;
}

/// <summary>A folder of its own with a library and a data folder, and the command to run on them.</summary>
public abstract class CliTest : IDisposable
{
    internal const string Zoom = "zoom_640x360_25fps_10s.mp4";
    internal const string Bars = "bars_480x854_29.97fps_12.3s.mp4";

    private readonly TemporaryFolder folder = new();

    internal string DataFolder => folder.File("data");
    internal static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    internal string PathOf(string name) => folder.File(name);

    /// <summary>Runs <c>cavmae</c> on this test's model and data folder.</summary>
    internal Task<Outcome> RunAsync(params string[] arguments) => RunUntilAsync(arguments, Cancellation);

    /// <summary>The same, with an end from outside.</summary>
    /// <param name="onLine">Told of each line of standard output while the command runs.</param>
    internal Task<Outcome> RunUntilAsync(string[] arguments, CancellationToken cancellationToken, Action<string>? onLine = null) =>
        RunBareAsync([.. arguments, "--data", DataFolder, "--model", DemoBundle.Folder], cancellationToken, onLine);

    /// <summary>Runs <c>cavmae</c> with these arguments alone.</summary>
    internal static async Task<Outcome> RunBareAsync(string[] arguments, CancellationToken cancellationToken, Action<string>? onLine = null)
    {
        using LineWriter output = new(onLine);
        using StringWriter error = new();
        int code = await CommandLine.RunAsync(arguments, output, error, cancellationToken);
        return new Outcome(code, output.ToString(), error.ToString());
    }

    /// <summary>Runs <c>cavmae</c> as a process of its own, in this test's folder.</summary>
    internal async Task<(int Code, string Output, string Error)> RunProcessAsync(string[] arguments, params (string Name, string Value)[] environment)
    {
        using Process process = Start(arguments, isInForeground: false, environment);
        Task<string> output = process.StandardOutput.ReadToEndAsync(Cancellation), error = process.StandardError.ReadToEndAsync(Cancellation);
        await process.WaitForExitAsync(Cancellation);
        return (process.ExitCode, await output, await error);
    }

    /// <param name="isInForeground">
    /// Whether Ctrl-C reaches it even where the tests run in the background: there shells have it ignored, which children inherit, and programs
    /// leave it so, as they should. On Linux env undoes that; it becomes the program, so the process id is the program's.
    /// </param>
    internal Process Start(string[] arguments, bool isInForeground, params (string Name, string Value)[] environment)
    {
        string[] command = [.. isInForeground && OperatingSystem.IsLinux() ? (string[])["env", "--default-signal=INT"] : [], "dotnet", Path.Combine(AppContext.BaseDirectory, "cavmae.dll"), .. arguments];
        ProcessStartInfo start = new(command[0], command[1..])
        {
            WorkingDirectory = PathOf(""),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    /// <summary>A copy of a fixture clip under the test's folder.</summary>
    internal string CopyClip(string clip, string name)
    {
        string path = folder.File(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.Copy(Fixtures.Clip(clip), path);
        return path;
    }

    /// <summary>A clip that plays as the fixture does, but whose content is another: an empty box is appended, which MP4 lets stand anywhere.</summary>
    internal string CopyDistinct(string clip, string name, int number)
    {
        string path = CopyClip(clip, name);
        using FileStream file = new(path, FileMode.Append);
        file.Write([0, 0, 0, 12, .. "free"u8, .. BitConverter.GetBytes(number)]);
        return path;
    }

    /// <summary>Opens what the command left, as the service would.</summary>
    internal async Task<T> WithIndexAsync<T>(Func<ISceneIndex, Task<T>> use)
    {
        using DataFolder data = Index.DataFolder.Open(DataFolder);
        await using EmbeddedIndex index = await EmbeddedIndex.OpenAsync(data, DemoBundle.Result.ModelId, DemoBundle.Result.Dimension, cancellationToken: Cancellation);
        return await use(index);
    }

    /// <summary>Media files and unfinished copies in the data folder.</summary>
    internal (int Media, int Incoming) CountFiles() => (Count("media"), Count("incoming"));

    private int Count(string name) => Directory.GetFiles(Path.Combine(DataFolder, name), "*", SearchOption.AllDirectories).Length;

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing) => folder.Dispose();

    /// <summary>Keeps what is written, and passes on each line as it comes.</summary>
    private sealed class LineWriter(Action<string>? onLine) : StringWriter
    {
        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            onLine?.Invoke(value ?? "");
        }
    }
}
