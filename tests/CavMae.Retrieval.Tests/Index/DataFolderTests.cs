using CavMae.Retrieval.Index;
using CavMae.Tests.Shared;

namespace CavMae.Retrieval.Tests.Index;

public sealed class DataFolderTests : IDisposable
{
    private readonly TemporaryFolder temporary = new();

    public void Dispose() => temporary.Dispose();

    [Fact]
    public void Open_MissingFolder_MakesItWithItsParts()
    {
        using var folder = DataFolder.Open(temporary.File("new/data"));
        Assert.Equal(temporary.File("new/data"), folder.FullPath);
        Assert.True(Directory.Exists(folder.MediaFolder));
        Assert.True(Directory.Exists(folder.IncomingFolder));
    }

    [Fact]
    public void Open_HeldByAnother_RefusedNamingTheFirst()
    {
        using var first = DataFolder.Open(temporary.FullPath);
        var refusal = Assert.Throws<StoreInUseException>(() => DataFolder.Open(temporary.FullPath));
        Assert.Contains($"process {Environment.ProcessId} ", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(temporary.FullPath, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("Index:Embedded:Path", refusal.Message, StringComparison.Ordinal);
        // The refused one has taken nothing away: a third is refused as well.
        Assert.Contains($"process {Environment.ProcessId} ", Assert.Throws<StoreInUseException>(() => DataFolder.Open(temporary.FullPath)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_AfterDispose_Succeeds()
    {
        var first = DataFolder.Open(temporary.FullPath);
        first.Dispose();
        first.Dispose();
        using var second = DataFolder.Open(temporary.FullPath);
        Assert.Throws<StoreInUseException>(() => DataFolder.Open(temporary.FullPath));
    }

    [Fact]
    public void Open_FilesThatAreThere_StayAsTheyAre()
    {
        using (var folder = DataFolder.Open(temporary.FullPath))
        {
            File.WriteAllText(Path.Combine(folder.IncomingFolder, "half-an-upload"), "x");
            File.WriteAllText(Path.Combine(folder.MediaFolder, "media"), "x");
        }
        using var again = DataFolder.Open(temporary.FullPath);
        Assert.Single(Directory.GetFileSystemEntries(again.IncomingFolder));
        Assert.Single(Directory.GetFileSystemEntries(again.MediaFolder));
    }

    [Fact]
    public void Open_PathIsAFile_SaysWhatToDo()
    {
        File.WriteAllText(temporary.File("file"), "x");
        var refusal = Assert.Throws<StoreUnavailableException>(() => DataFolder.Open(temporary.File("file")));
        Assert.Contains(temporary.File("file"), refusal.Message, StringComparison.Ordinal);
        Assert.Contains("Index:Embedded:Path", refusal.Message, StringComparison.Ordinal);
    }
}
