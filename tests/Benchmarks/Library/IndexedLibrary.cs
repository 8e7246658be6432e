using CavMae.Benchmarks.Running;

namespace CavMae.Benchmarks.Library;

/// <summary>The short clips, and a data folder that holds them all: made once, used by whichever subject comes next.</summary>
internal sealed class IndexedLibrary
{
    private string? clips;

    /// <summary>A data folder with all clips; null as long as nobody has made one.</summary>
    public string? Data { get; set; }

    /// <summary>The folder of the clips.</summary>
    public async Task<string> GetClipsAsync(Workspace workspace, LibrarySizes sizes, CancellationToken cancellationToken) =>
        clips ??= await ShortClips.MakeAsync(workspace, first: 0, sizes.Clips, cancellationToken);

    public async Task<string> GetDataAsync(Workspace workspace, Bundle bundle, LibrarySizes sizes, CancellationToken cancellationToken)
    {
        if (Data is not null)
            return Data;
        string data = workspace.NewFolder("data");
        await using (IndexRun run = IndexRun.Start(bundle, await GetClipsAsync(workspace, sizes, cancellationToken), data, TemporaryFolder(workspace)))
            await run.FinishAsync(cancellationToken);
        return Data = data;
    }

    /// <summary>For the programs' temporary files; its name is short because sockets lie there.</summary>
    public static string TemporaryFolder(Workspace workspace) => Directory.CreateDirectory(Path.Combine(workspace.FullPath, "i")).FullName;
}
