using System.Diagnostics;
using System.Text.Json.Nodes;
using CavMae.Retrieval.Index;
using CavMae.Tests.Shared;
using Microsoft.Data.Sqlite;

namespace CavMae.Retrieval.Tests.Index;

public sealed class EmbeddedIndexTests : IDisposable
{
    private readonly TemporaryFolder temporary = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => temporary.Dispose();

    [Fact]
    public async Task Open_Again_FindsEverythingAsItWas()
    {
        var random = new Random(1);
        var scenes = TestClips.Scenes(random, 5, missing: 0.3);
        var query = new IndexQuery { Scenes = TestClips.Scenes(random, 2), Pairings = Pairings.All, Grouping = Grouping.Scene, Limit = 100 };
        ClipRecord clip;
        string? cursor;
        IReadOnlyList<IndexHit> hits;
        using (var folder = DataFolder.Open(temporary.FullPath))
        await using (var index = await OpenAsync(folder))
        {
            await TestClips.AddAsync(index, "first", TestClips.Scenes(random, 2));
            clip = TestClips.Record("second", scenes, ["tag"], metadata: new() { ["title"] = "Grüße", ["n"] = 1.5 });
            await index.UpsertAsync(clip, scenes, Cancellation);
            await TestClips.AddAsync(index, "third", TestClips.Scenes(random, 2));
            await TestClips.AddAsync(index, "gone", TestClips.Scenes(random, 2));
            cursor = (await index.ListAsync(ClipFilter.None, null, 1, Cancellation)).NextCursor;
            await index.DeleteAsync("gone", Cancellation);
            hits = await index.SearchAsync(query, Cancellation);
        }

        using (var folder = DataFolder.Open(temporary.FullPath))
        await using (var index = await OpenAsync(folder))
        {
            TestClips.AssertSame(clip, await index.GetAsync("second", Cancellation));
            // A cursor outlives the process that gave it, and a deleted clip's place is not given again.
            await TestClips.AddAsync(index, "fourth", []);
            Assert.Equal(["second", "third", "fourth"], (await index.ListAsync(ClipFilter.None, cursor, 10, Cancellation)).Items.Select(item => item.Id));
            Assert.Equal(hits.Select(hit => (hit.Score, hit.Clip.Id, hit.Scene)), (await index.SearchAsync(query, Cancellation)).Select(hit => (hit.Score, hit.Clip.Id, hit.Scene)));
            var stored = await index.GetEmbeddingsAsync("second", Cancellation);
            Assert.Equal(scenes.SelectMany(scene => scene.Audio ?? []), stored!.SelectMany(scene => scene.Audio ?? []));
            Assert.Equal(scenes.SelectMany(scene => scene.Visual ?? []), stored!.SelectMany(scene => scene.Visual ?? []));
        }
    }

    [Fact]
    public async Task Open_OtherModel_RefusedNamingBothAndTheWayOut()
    {
        using var folder = DataFolder.Open(temporary.FullPath);
        await (await OpenAsync(folder)).DisposeAsync();
        var refusal = await Assert.ThrowsAsync<ModelMismatchException>(() => EmbeddedIndex.OpenAsync(folder, "other-model", TestClips.Dimension, cancellationToken: Cancellation));
        Assert.Equal((TestClips.ModelId, "other-model"), (refusal.StoreModelId, refusal.ModelId));
        Assert.Contains($"'{TestClips.ModelId}'", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("'other-model'", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("`cavmae index`", refusal.Message, StringComparison.Ordinal);
        // Refusing has changed nothing: the right model still opens it.
        await (await OpenAsync(folder)).DisposeAsync();
    }

    [Fact]
    public async Task Open_OtherDimension_Refused()
    {
        using var folder = DataFolder.Open(temporary.FullPath);
        await (await OpenAsync(folder)).DisposeAsync();
        var refusal = await Assert.ThrowsAsync<ModelMismatchException>(() => EmbeddedIndex.OpenAsync(folder, TestClips.ModelId, 768, cancellationToken: Cancellation));
        Assert.Contains("vectors of 21 numbers", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("768", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PRAGMA user_version = 2", "newer version")]
    [InlineData("PRAGMA application_id = 1", "another program")]
    [InlineData("DELETE FROM store", "does not say which model")]
    [InlineData("DELETE FROM scenes WHERE scene_index = 1", "clip 'a' has 2 of its 3 scenes")]
    [InlineData("UPDATE scenes SET audio = zeroblob(84) WHERE scene_index = 1", "not of unit length")]
    [InlineData("UPDATE scenes SET audio = x'00' WHERE scene_index = 1", "has 1 bytes")]
    [InlineData("UPDATE clips SET tags = '[1'", "is damaged")]
    [InlineData("UPDATE clips SET metadata = '[]'", "is damaged")]
    [InlineData("UPDATE clips SET created_at = 'yesterday'", "is damaged")]
    [InlineData("PRAGMA foreign_keys = OFF; DELETE FROM clips", "scenes without a clip")]
    public async Task Open_DatabaseChangedBySomeoneElse_SaysWhatIsWrong(string change, string fault)
    {
        using var folder = DataFolder.Open(temporary.FullPath);
        await using (var index = await OpenAsync(folder))
            await TestClips.AddAsync(index, "a", TestClips.Scenes(new Random(1), 3));
        Execute(folder.DatabasePath, change);

        var refusal = await Assert.ThrowsAsync<StoreUnavailableException>(() => OpenAsync(folder));
        Assert.Contains(fault, refusal.Message, StringComparison.Ordinal);
        Assert.Contains(folder.DatabasePath, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_FileThatIsNoDatabase_SaysSoAndLeavesItAlone()
    {
        using var folder = DataFolder.Open(temporary.FullPath);
        var content = new string('x', 100_000);
        await File.WriteAllTextAsync(folder.DatabasePath, content, Cancellation);
        var refusal = await Assert.ThrowsAsync<StoreUnavailableException>(() => OpenAsync(folder));
        Assert.Contains(folder.DatabasePath, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("damaged", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(content, await File.ReadAllTextAsync(folder.DatabasePath, Cancellation));
    }

    [Fact]
    public async Task Open_PagesOverwritten_SaysItIsDamaged()
    {
        using var folder = DataFolder.Open(temporary.FullPath);
        await using (var index = await OpenAsync(folder))
            for (var i = 0; i < 50; i++)
                await TestClips.AddAsync(index, $"clip-{i}", TestClips.Scenes(new Random(i), 20));
        await using (var file = File.OpenWrite(folder.DatabasePath))
        {
            file.Position = 4 * 32768;
            await file.WriteAsync(Enumerable.Repeat((byte)0xA5, (int)file.Length - (4 * 32768)).ToArray(), Cancellation);
        }
        var refusal = await Assert.ThrowsAsync<StoreUnavailableException>(() => OpenAsync(folder));
        Assert.Contains("damaged", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_DatabaseOfAnotherProgram_IsNotTouched()
    {
        using var folder = DataFolder.Open(temporary.FullPath);
        Execute(folder.DatabasePath, "CREATE TABLE theirs (x)");
        await Assert.ThrowsAsync<StoreUnavailableException>(() => OpenAsync(folder));
        Execute(folder.DatabasePath, "INSERT INTO theirs VALUES (1)");
    }

    [Fact]
    public async Task Open_TwoThousandClips_LoadsInSeconds()
    {
        const int clips = 2_000;
        const int dimension = 768;
        var random = new Random(1);
        using var folder = DataFolder.Open(temporary.FullPath);
        await using (var index = await EmbeddedIndex.OpenAsync(folder, TestClips.ModelId, dimension, cancellationToken: Cancellation))
            for (var i = 0; i < clips; i++)
            {
                var scene = TestClips.Scene(0, TestClips.UnitVector(random, dimension), TestClips.UnitVector(random, dimension));
                await index.UpsertAsync(TestClips.Record($"clip-{i}", [scene]), [scene], Cancellation);
            }

        var start = Stopwatch.GetTimestamp();
        await using var again = await EmbeddedIndex.OpenAsync(folder, TestClips.ModelId, dimension, cancellationToken: Cancellation);
        var took = Stopwatch.GetElapsedTime(start);
        Assert.Equal(new IndexCounts(clips, clips), await again.CountAsync(Cancellation));
        TestContext.Current.TestOutputHelper?.WriteLine($"{clips} clips loaded in {took.TotalMilliseconds:0} ms");
        // A hundred times what it takes: only an accidental square would not fit.
        Assert.True(took < TimeSpan.FromSeconds(10), $"{took}");
    }

    [Fact]
    public async Task AnyCall_AfterDispose_Throws()
    {
        using var folder = DataFolder.Open(temporary.FullPath);
        var index = await OpenAsync(folder);
        var scenes = TestClips.Scenes(new Random(1), 1);
        await index.DisposeAsync();
        await index.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => index.UpsertAsync(TestClips.Record("a", scenes), scenes, Cancellation));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => index.DeleteAsync("a", Cancellation));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => index.CountAsync(Cancellation));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => index.SearchAsync(new IndexQuery { Scenes = scenes, Pairings = Pairings.All }, Cancellation));
    }

    [Fact]
    public async Task Upsert_DatabaseFails_ClipIsNotSeenAndStoreGoesOn()
    {
        using var folder = DataFolder.Open(temporary.FullPath);
        await using var index = await OpenAsync(folder);
        var scenes = TestClips.Scenes(new Random(1), 2);
        await TestClips.AddAsync(index, "a", scenes);
        // Stands for a disk that fails: the table of scenes refuses the second row.
        Execute(folder.DatabasePath, "CREATE TRIGGER fails BEFORE INSERT ON scenes WHEN NEW.scene_index = 1 BEGIN SELECT raise(ABORT, 'disk failure'); END");
        var failure = await Assert.ThrowsAsync<StoreUnavailableException>(() => index.UpsertAsync(TestClips.Record("b", scenes), scenes, Cancellation));
        Assert.Contains("disk failure", failure.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => index.UpsertAsync(TestClips.Record("a", scenes, title: "new"), scenes, Cancellation));
        Execute(folder.DatabasePath, "DROP TRIGGER fails");

        Assert.Null(await index.GetAsync("b", Cancellation));
        Assert.Equal("Title of a", (await index.GetAsync("a", Cancellation))!.Title);
        var hits = await index.SearchAsync(new IndexQuery { Scenes = scenes, Pairings = Pairings.All, Grouping = Grouping.Scene }, Cancellation);
        Assert.Equal(["a", "a"], hits.Select(hit => hit.Clip.Id));
        await TestClips.AddAsync(index, "b", scenes);
        Assert.Equal(new IndexCounts(2, 4), await index.CountAsync(Cancellation));
    }

    [Fact]
    public async Task Update_ThenOpenedAgain_IsStillChanged()
    {
        using var folder = DataFolder.Open(temporary.FullPath);
        var scenes = TestClips.Scenes(new Random(1), 2);
        ClipRecord changed;
        await using (var index = await OpenAsync(folder))
        {
            await TestClips.AddAsync(index, "a", scenes, "old");
            await TestClips.AddAsync(index, "b", scenes);
            var changes = new ClipChanges { Title = "new", Tags = ["x", "y"], Metadata = new JsonObject { ["text"] = new string('ü', 1_000_000) } };
            changed = (await index.UpdateAsync("a", changes, Cancellation))!;
        }
        await using var again = await OpenAsync(folder);
        TestClips.AssertSame(changed, await again.GetAsync("a", Cancellation));
        Assert.Equal(["a", "b"], (await again.ListAsync(ClipFilter.None, null, 10, Cancellation)).Items.Select(clip => clip.Id));
        Assert.Equal(scenes[1].Audio, (await again.GetEmbeddingsAsync("a", Cancellation))![1].Audio);
    }

    [Fact]
    public async Task Update_DatabaseFails_NothingIsSeenAndStoreGoesOn()
    {
        using var folder = DataFolder.Open(temporary.FullPath);
        await using var index = await OpenAsync(folder);
        var scenes = TestClips.Scenes(new Random(1), 2);
        var before = await TestClips.AddAsync(index, "a", scenes, "old");
        Execute(folder.DatabasePath, "CREATE TRIGGER fails BEFORE UPDATE ON clips BEGIN SELECT raise(ABORT, 'disk failure'); END");
        await Assert.ThrowsAsync<StoreUnavailableException>(() => index.UpdateAsync("a", new ClipChanges { Tags = ["new"] }, Cancellation));
        Execute(folder.DatabasePath, "DROP TRIGGER fails");

        TestClips.AssertSame(before, await index.GetAsync("a", Cancellation));
        var query = new IndexQuery { Scenes = scenes, Pairings = Pairings.All, Grouping = Grouping.Scene, Filter = new ClipFilter { Tags = ["old"] } };
        Assert.Equal(2, (await index.SearchAsync(query, Cancellation)).Count);
        Assert.NotNull(await index.UpdateAsync("a", new ClipChanges { Tags = ["new"] }, Cancellation));
        Assert.Empty(await index.SearchAsync(query, Cancellation));
        Assert.Equal(new IndexCounts(1, 2), await index.CountAsync(Cancellation));
    }

    private static Task<EmbeddedIndex> OpenAsync(DataFolder folder) =>
        EmbeddedIndex.OpenAsync(folder, TestClips.ModelId, TestClips.Dimension, cancellationToken: Cancellation);

    private static void Execute(string databasePath, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={databasePath};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
