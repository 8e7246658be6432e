using CavMae.Retrieval.Cli.Tests.Support;
using CavMae.Retrieval.Index;
using CavMae.Tests.Shared;

namespace CavMae.Retrieval.Cli.Tests;

public sealed class TransferCommandTests : CliTest
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ExportAndImport_IntoAnotherFolder_FindsTheSame(bool withMedia)
    {
        await RunAsync("index", Fixtures.Clip(Zoom), Fixtures.Clip(Bars), "--tag", "t");
        string export = PathOf("export"), other = PathOf("other");

        Outcome exported = await RunAsync(["export-index", export, .. withMedia ? (string[])["--with-media"] : []]);
        Outcome imported = await RunOnAsync(other, "import-index", export);
        Outcome again = await RunOnAsync(other, "import-index", export);

        Assert.Contains($"2 clips with 3 scenes exported to '{export}', {(withMedia ? 2 : 0)} with their media", exported.Output, StringComparison.Ordinal);
        Assert.Equal($"2 imported, 0 replaced, 0 already there; {(withMedia ? 0 : 2)} without media\n", imported.Output);
        Assert.Equal($"0 imported, 0 replaced, 2 already there; {(withMedia ? 0 : 2)} without media\n", again.Output);
        string[] search = ["search", Fixtures.Clip(Zoom), "--direction", "similar", "--json", "--group-by", "scene"];
        Assert.Equal((await RunAsync(search)).Json.GetProperty("hits").GetRawText(), (await RunOnAsync(other, search)).Json.GetProperty("hits").GetRawText());
        Assert.Equal((await RunAsync("list", "--json")).Output, (await RunOnAsync(other, "list", "--json")).Output);
    }

    [Fact]
    public async Task Import_FolderThatIsNoExport_FailsWithTheReason()
    {
        Outcome outcome = await RunAsync("import-index", Directory.CreateDirectory(PathOf("empty")).FullName);

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("is no export", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Import_MissingFolder_IsBadUse() => Assert.Equal(2, (await RunAsync("import-index", PathOf("gone"))).ExitCode);

    [Fact]
    public async Task Export_ToNoName_IsBadUse() => Assert.Equal(2, (await RunAsync("export-index", "")).ExitCode);

    [Fact]
    public async Task Export_FolderInUse_SaysWhatToDo()
    {
        using DataFolder taken = Index.DataFolder.Open(DataFolder);

        Outcome outcome = await RunAsync("export-index", PathOf("export"));

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("or stop it first", outcome.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(PathOf("export")));
    }

    [Theory]
    [InlineData("records.jsonl", "it was cut off")]
    [InlineData("vectors.safetensors", "it was cut off")]
    [InlineData("manifest.json", "is no manifest of an export")]
    public async Task Import_TruncatedExport_IsRefusedAndChangesNothing(string file, string reason)
    {
        await RunAsync("index", Fixtures.Clip(Zoom));
        await RunAsync("export-index", PathOf("export"));
        await RunAsync("remove", (await WithIndexAsync(index => index.ListAsync(ClipFilter.None, null, 1, Cancellation))).Items[0].Id);
        using (FileStream cut = File.OpenWrite(PathOf($"export/{file}")))
            cut.SetLength(cut.Length - 10);

        Outcome outcome = await RunAsync("import-index", PathOf("export"));

        Assert.Equal((1, ""), (outcome.ExitCode, outcome.Output));
        Assert.Contains(reason, outcome.Error, StringComparison.Ordinal);
        Assert.Equal(0, (await WithIndexAsync(index => index.CountAsync(Cancellation))).Clips);
    }

    [Fact]
    public async Task Export_Cancelled_LeavesNothing()
    {
        await RunAsync("index", Fixtures.Clip(Zoom));
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        await stop.CancelAsync();

        Outcome outcome = await RunUntilAsync(["export-index", PathOf("export")], stop.Token);

        Assert.Equal(130, outcome.ExitCode);
        Assert.Empty(Directory.GetFileSystemEntries(PathOf(""), "export*"));
    }

    [Fact]
    public async Task Export_ToAFolderWithFiles_IsRefused()
    {
        await RunAsync("index", Fixtures.Clip(Zoom));

        Outcome outcome = await RunAsync("export-index", PathOf(""));

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("is there already", outcome.Error, StringComparison.Ordinal);
    }

    private static Task<Outcome> RunOnAsync(string dataFolder, params string[] arguments) => RunBareAsync([.. arguments, "--data", dataFolder, "--model", DemoBundle.Folder], Cancellation);
}
