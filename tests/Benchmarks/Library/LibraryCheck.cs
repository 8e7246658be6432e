using System.Security.Cryptography;
using System.Text.Json;
using CavMae.Benchmarks.Reporting;
using CavMae.Benchmarks.Running;

namespace CavMae.Benchmarks.Library;

/// <summary>Whether a library that was indexed to its end holds each clip once and nothing else: as the program lists it, in the database, on disk, among processes.</summary>
internal sealed class LibraryCheck(Workspace workspace, Report report, Bundle bundle, int clips, string data, string temporary)
{
    public async Task RunAsync(StoreContent stored, CancellationToken cancellationToken)
    {
        // First what the last run left: the next command would clean up.
        Expect("files in the folders `incoming` and `jobs`", 0, Files("incoming").Length + Files("jobs").Length);
        Expect("processes of ours left", 0, Leftovers.FindProcesses(workspace.FullPath).Count);
        string[] entries = [.. Directory.GetFileSystemEntries(temporary).Select(path => Path.GetFileName(path))];
        int folders = entries.Count(name => name.StartsWith("cavmae-", StringComparison.Ordinal));
        Expect("temporary folders of ours left (`cavmae-*`)", 0, folders);
        if (entries.Length > folders)
            report.Note($"Else in the temporary folder: {(entries.Length - folders).Format()}, such as `{entries.First(name => !name.StartsWith("cavmae-", StringComparison.Ordinal))}`.");

        string[] lines = (await IndexRun.AskAsync(bundle, data, temporary, ["list", "--json"], cancellationToken)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        List<string> hashes = [];
        int listedScenes = 0;
        foreach (string line in lines)
        {
            using JsonDocument clip = JsonDocument.Parse(line);
            hashes.Add(clip.RootElement.GetProperty("sha256").GetString()!);
            listedScenes += clip.RootElement.GetProperty("scenes").GetArrayLength();
        }
        Expect("clips that `cavmae list` gives", clips, lines.Length);
        Expect("distinct contents (SHA-256) among them", clips, hashes.Distinct(StringComparer.Ordinal).Count());
        Expect("clips in the database", clips, stored.ClipIds.Count);
        report.Aim("kills: scenes in the database = listed with the clips = said by the clips' rows", listedScenes.Format(), $"{stored.Scenes.Format()}, {stored.ScenesOfClips.Format()}",
            stored.Scenes == listedScenes && stored.ScenesOfClips == listedScenes && listedScenes > 0);
        Expect("scenes without a clip", 0, stored.OrphanScenes);
        Expect("clips with another number of scenes than they say", 0, stored.UnevenClips);
        Expect("scenes with a vector missing or of a wrong length", 0, stored.BadVectors);
        Expect("damages that SQLite finds", 0, stored.Problems);

        string[] media = Files("media");
        Expect("files in the media folder", clips, media.Length);
        Expect("of them, the content of no clip, or not what their name says", 0, media.Count(path => !hashes.Contains(Path.GetFileName(path)) || Hash(path) != Path.GetFileName(path)));
    }

    private void Expect(string what, int wanted, int found) => report.Aim($"kills: {what}", wanted.Format(), found.Format(), found == wanted);

    private string[] Files(string folder) => Directory.GetFiles(Path.Combine(data, folder), "*", SearchOption.AllDirectories);

    private static string Hash(string path)
    {
        using FileStream content = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(content));
    }
}
