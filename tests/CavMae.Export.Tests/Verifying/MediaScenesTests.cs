using CavMae.Export.Verifying;
using CavMae.Retrieval.Media;

namespace CavMae.Export.Tests.Verifying;

/// <summary>Which files are found, and what is given of them.</summary>
public sealed class MediaScenesTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Find_FilesAndFolders_GivesEachOnceInOrderWithoutHiddenOnes()
    {
        foreach (string file in (string[])["b", "a", ".hidden", "deep/c", ".cache/d"])
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder.File(file))!);
            File.WriteAllText(folder.File(file), "");
        }
        Directory.CreateSymbolicLink(folder.File("deep/circle"), folder.FullPath);
        File.CreateSymbolicLink(folder.File("link"), folder.File("a"));

        using MediaScenes media = MediaScenes.Find([folder.File("deep/c"), folder.FullPath, folder.File(".hidden")]);

        Assert.Equal(["deep/c", "a", "b", "link", ".hidden"], media.Files.Select(file => Path.GetRelativePath(folder.FullPath, file)));
    }

    [Fact]
    public void Find_MissingPath_NamesIt() => Assert.Contains(
        folder.File("none"), Assert.Throws<ExportException>(() => MediaScenes.Find([folder.FullPath, folder.File("none")])).Message, StringComparison.Ordinal);

    [Fact]
    public async Task ReadAsync_RecordedClips_GivesTheServicesScenes()
    {
        List<string> done = [];
        using MediaScenes media = MediaScenes.Find([Path.Combine(Fixtures.Folder, "clips")]);

        List<MediaScene> scenes = await ReadAsync(media, done.Add);

        Assert.Equal([0, 1, 0], scenes.Select(scene => scene.Scene.Index)); // 12.3 s, then 10 s
        Assert.Equal(media.Files, done);
        Assert.Equal(media.Files, scenes.Select(scene => scene.File).Distinct());
        Assert.All(scenes, scene => Assert.Single(scene.Scene.Frames));
        Assert.All(scenes, scene => Assert.NotNull(scene.Scene.Audio));
        Assert.Empty(media.Unusable);
    }

    [Fact]
    public async Task ReadAsync_Twice_StartsAnew()
    {
        File.WriteAllText(folder.File("notes.txt"), "no media");
        using MediaScenes media = MediaScenes.Find([folder.FullPath]);

        Assert.Empty(await ReadAsync(media));
        Assert.Empty(await ReadAsync(media));

        Assert.Equal(folder.File("notes.txt"), Assert.Single(media.Unusable).File);
    }

    [Fact]
    public async Task ReadAsync_LeftEarly_StopsDecodingAndCanBeReadAgain()
    {
        using MediaScenes media = MediaScenes.Find([Path.Combine(Fixtures.Folder, "clips")]);

        await foreach (MediaScene scene in media.ReadAsync(cancellation: TestContext.Current.CancellationToken))
        {
            Assert.Equal(0, scene.Scene.Index);
            break;
        }

        Assert.Equal(3, (await ReadAsync(media)).Count);
    }

    [Fact]
    public async Task ReadAsync_NoFfmpeg_SaysSo()
    {
        using MediaScenes media = MediaScenes.Find([Path.Combine(Fixtures.Folder, "clips")], ffmpegFolder: folder.FullPath);

        await Assert.ThrowsAsync<FfmpegUnavailableException>(() => ReadAsync(media));
    }

    [Fact]
    public async Task ReadAsync_Cancelled_IsNoFaultOfTheFile()
    {
        using CancellationTokenSource source = new();
        await source.CancelAsync();
        using MediaScenes media = MediaScenes.Find([Path.Combine(Fixtures.Folder, "clips")]);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (MediaScene _ in media.ReadAsync(cancellation: source.Token))
                Assert.Fail("a scene was given");
        });

        Assert.Empty(media.Unusable);
    }

    private static async Task<List<MediaScene>> ReadAsync(MediaScenes media, Action<string>? fileDone = null)
    {
        List<MediaScene> scenes = [];
        await foreach (MediaScene scene in media.ReadAsync(fileDone, cancellation: TestContext.Current.CancellationToken))
            scenes.Add(scene);
        return scenes;
    }
}
