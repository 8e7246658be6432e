using CavMae.Training.Data.Preparing;

namespace CavMae.Training.Tests.Data;

public sealed class PreparedSourcesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Open_ProcessKilledWhileWriting_KeepsWhatIsWhole()
    {
        string path = _folder.File("prepared.jsonl"), video = _folder.File("a.mp4");
        File.WriteAllText(video, "video");
        PreparedSource source = PreparedSource.TryOf(new VideoFile(video, "ä.mp4", "a"))!, other = source with { Id = "b", Path = "/b.mp4" };
        using (var sources = PreparedSources.Open(path))
        {
            sources.Set(source with { Bytes = 1 });
            sources.Set(source);
        }
        File.AppendAllText(path, "{\"id\":\"b\",\"pa");

        using (var sources = PreparedSources.Open(path))
        {
            Assert.Equal(source, sources.Of("a"));
            Assert.Null(sources.Of("b"));
            sources.Set(other);
        }
        using (var sources = PreparedSources.Open(path))
            Assert.Equal((source, other), (sources.Of("a"), sources.Of("b")));
    }

    [Fact]
    public void GiveIds_IdsThatAreTaken_GoToTheirOwnVideosOnly()
    {
        Array.ForEach(["new", "old"], folder => Directory.CreateDirectory(_folder.File(folder)));
        Array.ForEach(["new/a.mp4", "new/b.mp4", "new/c.mp4", "new/d.mp4", "old/b.mp4"], name => File.WriteAllText(_folder.File(name), name));
        VideoFile[] videos = [.. VideoFiles.Find([_folder.File("new")])];
        using var sources = PreparedSources.Open(_folder.File("prepared.jsonl"));
        sources.Set(PreparedSource.TryOf(videos[0])! with { Id = "earlier" }); // the same path
        sources.Set(PreparedSource.TryOf(videos[1])! with { Path = _folder.File("old/b.mp4") }); // as long and as old, but another one
        sources.Set(PreparedSource.TryOf(videos[2])! with { Id = "moved", Path = _folder.File("old/c.mp4") });

        string[] ids = [.. sources.GiveIds(videos, ["D"]).Select(video => video.Id)];

        Assert.Equal("earlier", ids[0]);
        Assert.Matches("^b-[0-9a-f]{12}$", ids[1]);
        Assert.Equal("moved", ids[2]);
        Assert.Matches("^d-[0-9a-f]{12}$", ids[3]);
    }
}
