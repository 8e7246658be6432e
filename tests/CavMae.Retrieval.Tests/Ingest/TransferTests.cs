using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Index.Transfer;
using CavMae.Retrieval.Ingest;
using CavMae.Retrieval.Tests.Index;
using CavMae.Tests.Shared;

namespace CavMae.Retrieval.Tests.Ingest;

/// <summary>Exports and imports between stores, told by <see cref="ISceneIndex"/> alone.</summary>
public sealed class TransferTests : IDisposable
{
    /// <summary>The same vectors in another order of rows: a dot product may be added up another way.</summary>
    private const float ScoreTolerance = 1e-5f;

    private readonly TemporaryFolder folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string ExportFolder => folder.File("export");

    [Fact]
    public async Task Import_ExportOfAnotherStore_AnswersTheSame()
    {
        await using TransferStore source = await OpenAsync("source");
        await FillAsync(source, clips: 150);
        await ExportAsync(source);
        await using TransferStore target = await OpenAsync("target");

        ImportResult result = await ImportAsync(target);

        Assert.Equal(new ImportResult(150, 0, 0, 150), result);
        Assert.Equal(await source.Index.CountAsync(Cancellation), await target.Index.CountAsync(Cancellation));
        Random random = new(9);
        for (int i = 0; i < 100; i++)
        {
            IndexQuery query = new() { Scenes = TestClips.Scenes(random, 2), Pairings = (Pairings)random.Next(1, 16), Grouping = (Grouping)(i % 2), Limit = 20 };
            IReadOnlyList<IndexHit> expected = await source.Index.SearchAsync(query, Cancellation), actual = await target.Index.SearchAsync(query, Cancellation);
            Assert.Equal(expected.Select(hit => (hit.Clip.Id, hit.Scene, hit.QueryScene)), actual.Select(hit => (hit.Clip.Id, hit.Scene, hit.QueryScene)));
            for (int j = 0; j < expected.Count; j++)
                Assert.Equal(expected[j].Score, actual[j].Score, ScoreTolerance);
        }
        List<ClipRecord> before = await source.Index.ListAllAsync(ClipFilter.None, Cancellation).ToListAsync(Cancellation);
        List<ClipRecord> after = await target.Index.ListAllAsync(ClipFilter.None, Cancellation).ToListAsync(Cancellation);
        Assert.Equal(before.Count, after.Count);
        foreach ((ClipRecord one, ClipRecord other) in before.Zip(after))
            TestClips.AssertSame(one, other);
    }

    [Fact]
    public async Task Import_Again_ChangesNothing()
    {
        await using TransferStore source = await OpenAsync("source");
        await FillAsync(source, clips: 3);
        await ExportAsync(source);

        Assert.Equal(new ImportResult(0, 0, 3, 3), await ImportAsync(source));
    }

    [Fact]
    public async Task Import_WithMedia_BringsTheFilesAndMakesUpForMissingOnes()
    {
        await using TransferStore source = await OpenAsync("source");
        byte[] content = RandomNumberGenerator.GetBytes(300_000);
        string sha256 = await AddWithMediaAsync(source, "a", content);
        await ExportAsync(source, withMedia: true);
        await using TransferStore target = await OpenAsync("target");

        Assert.Equal(new ImportResult(1, 0, 0, 0), await ImportAsync(target));

        Assert.Equal(content, await File.ReadAllBytesAsync(target.Media.PathOf(sha256), Cancellation));
        File.Delete(target.Media.PathOf(sha256));
        Assert.Equal(new ImportResult(0, 0, 1, 0), await ImportAsync(target));
        Assert.True(File.Exists(target.Media.PathOf(sha256)));
        Assert.Empty(Directory.GetFiles(target.Folder.IncomingFolder));
    }

    [Fact]
    public async Task Import_IdWithOtherContent_IsRefusedAsAWholeUnlessReplaced()
    {
        await using TransferStore source = await OpenAsync("source");
        await FillAsync(source, clips: 3);
        await ExportAsync(source);
        await using TransferStore target = await OpenAsync("target");
        SceneEmbedding[] scenes = TestClips.Scenes(new Random(7), 2);
        await target.Index.UpsertAsync(TestClips.Record("clip-002", scenes, sha256: Hash("other")), scenes, Cancellation);

        TransferException refusal = await Assert.ThrowsAsync<TransferException>(() => ImportAsync(target));
        Assert.Contains("'clip-002'", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(1, (await target.Index.CountAsync(Cancellation)).Clips);

        Assert.Equal(new ImportResult(2, 1, 0, 3), await ImportAsync(target, replace: true));
        TestClips.AssertSame((await source.Index.GetAsync("clip-002", Cancellation))!, await target.Index.GetAsync("clip-002", Cancellation));
    }

    [Fact]
    public async Task Import_OfAnotherModel_NamesBoth()
    {
        await using TransferStore source = await OpenAsync("source");
        await FillAsync(source, clips: 1);
        await ExportAsync(source);

        TransferException refusal = await Assert.ThrowsAsync<TransferException>(() => new LibraryImporter(source.Index, source.Media, source.Changes).ImportAsync(ExportFolder, "other-model", TestClips.Dimension, false, null, Cancellation));
        Assert.Contains("'other-model'", refusal.Message, StringComparison.Ordinal);
        Assert.Contains($"'{TestClips.ModelId}'", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no manifest", "has no manifest.json")]
    [InlineData("manifest is no JSON", "no manifest of an export")]
    [InlineData("newer format", "format version 2")]
    [InlineData("records cut off", "it was cut off")]
    [InlineData("vectors cut off", "it was cut off")]
    [InlineData("vectors changed", "its SHA-256 is")]
    [InlineData("records missing", "is missing")]
    [InlineData("vector not of unit length", "line 1, cannot be used")]
    [InlineData("row out of range", "names vector 999")]
    [InlineData("path as hash", "sha256 is no SHA-256")]
    [InlineData("header as type", "mediaType is no content type")]
    [InlineData("page as type", "mediaType is no content type")]
    [InlineData("drawing as type", "mediaType is no content type")]
    [InlineData("line not ended", "breaks off")]
    [InlineData("clip twice", "twice")]
    [InlineData("field missing", "line 1, cannot be used")]
    [InlineData("clip left out", "its manifest says")]
    [InlineData("vectors of another format", "no safetensors file")]
    [InlineData("vectors of another shape", "the shape")]
    public async Task Import_DamagedOrForeignExport_IsRefusedAndNothingIsStored(string fault, string reason)
    {
        await using TransferStore source = await OpenAsync("source");
        await FillAsync(source, clips: 2);
        await ExportAsync(source);
        Damage(fault);
        await using TransferStore target = await OpenAsync("target");

        TransferException refusal = await Assert.ThrowsAsync<TransferException>(() => ImportAsync(target));

        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
        Assert.Equal(0, (await target.Index.CountAsync(Cancellation)).Clips);
    }

    [Fact]
    public async Task Import_MediaOfOtherContent_LeavesThatClipOut()
    {
        await using TransferStore source = await OpenAsync("source");
        string sha256 = await AddWithMediaAsync(source, "a", [1, 2, 3]);
        await ExportAsync(source, withMedia: true);
        await File.WriteAllBytesAsync(Path.Combine(ExportFolder, "media", sha256[..2], sha256), [1, 2, 4], Cancellation);
        await using TransferStore target = await OpenAsync("target");

        Assert.Contains("clip 'a'", (await Assert.ThrowsAsync<TransferException>(() => ImportAsync(target))).Message, StringComparison.Ordinal);

        Assert.Equal(0, (await target.Index.CountAsync(Cancellation)).Clips);
        Assert.Empty(Directory.GetFiles(target.Folder.MediaFolder, "*", SearchOption.AllDirectories));
        Assert.Empty(Directory.GetFiles(target.Folder.IncomingFolder));
    }

    [Fact]
    public async Task Export_Cancelled_LeavesNothingAndTheNextOneSucceeds()
    {
        await using TransferStore source = await OpenAsync("source");
        await FillAsync(source, clips: 5);
        using CancellationTokenSource stop = new();
        LibraryExporter exporter = new(source.Index, source.Media, TimeProvider.System);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => exporter.ExportAsync(ExportFolder, TestClips.ModelId, TestClips.Dimension, false, _ => stop.Cancel(), stop.Token));
        Assert.False(Directory.Exists(ExportFolder));
        Assert.False(Directory.Exists(ExportFolder + ".partial"));
        // As kill -9 would leave it.
        Directory.CreateDirectory(ExportFolder + ".partial");
        await File.WriteAllTextAsync(Path.Combine(ExportFolder + ".partial", "records.jsonl"), "{", Cancellation);

        Assert.Equal(5, (await ExportAsync(source)).Clips);
        await Assert.ThrowsAsync<TransferException>(() => ExportAsync(source));
    }

    private void Damage(string fault)
    {
        string manifest = Path.Combine(ExportFolder, "manifest.json"), records = Path.Combine(ExportFolder, "records.jsonl"), vectors = Path.Combine(ExportFolder, "vectors.safetensors");
        string[] lines = File.ReadAllLines(records);
        byte[] bytes = File.ReadAllBytes(vectors);
        switch (fault)
        {
            case "no manifest": File.Delete(manifest); return;
            case "manifest is no JSON": File.WriteAllText(manifest, "[1"); return;
            case "newer format": Edit(manifest, "\"formatVersion\": 1", "\"formatVersion\": 2"); return;
            case "records cut off": File.WriteAllText(records, File.ReadAllText(records)[..^5]); return;
            case "vectors cut off": File.WriteAllBytes(vectors, bytes[..^4]); return;
            case "vectors changed": bytes[^1] ^= 1; File.WriteAllBytes(vectors, bytes); return;
            case "records missing": File.Delete(records); return;
            // From here on sizes and hashes are right again: whoever made it wanted it to be taken.
            case "vector not of unit length": bytes[299] ^= 0x40; File.WriteAllBytes(vectors, bytes); break;
            case "row out of range": Edit(records, "\"audioRow\":0", "\"audioRow\":999"); break;
            case "path as hash": Edit(records, Hash("clip-000"), "../../" + new string('a', 58)); break;
            case "page as type": Edit(records, "video/mp4", "text/html"); break;
            case "drawing as type": Edit(records, "video/mp4", "image/svg+xml"); break;
            case "header as type": Edit(records, "video/mp4", "video/mp4\\r\\nX: y"); break;
            case "line not ended": File.WriteAllText(records, File.ReadAllText(records)[..^1]); break;
            case "clip twice": File.WriteAllText(records, lines[0] + "\n" + lines[0] + "\n"); break;
            case "field missing": Edit(records, "\"durationTicks\"", "\"duration\""); break;
            case "clip left out": File.WriteAllText(records, lines[0] + "\n"); break;
            case "vectors of another format": bytes[7] = 0x7F; File.WriteAllBytes(vectors, bytes); break;
            default: Edit(vectors, $",{TestClips.Dimension}]", $",{TestClips.Dimension + 1}]"); break;
        }
        TransferStore.Reseal(ExportFolder);

        static void Edit(string path, string before, string after)
        {
            string text = File.ReadAllText(path, Encoding.Latin1);
            Assert.Contains(before, text, StringComparison.Ordinal);
            int place = text.IndexOf(before, StringComparison.Ordinal);
            File.WriteAllText(path, text[..place] + after + text[(place + before.Length)..], Encoding.Latin1);
        }
    }

    private static async Task FillAsync(TransferStore store, int clips)
    {
        Random random = new(5);
        for (int i = 0; i < clips; i++)
        {
            string id = string.Create(CultureInfo.InvariantCulture, $"clip-{i:000}");
            // The first is complete; others lack a modality here and there.
            SceneEmbedding[] scenes = TestClips.Scenes(random, random.Next(1, 5), missing: i == 0 ? 0 : 0.2);
            JsonObject metadata = new() { ["number"] = i, ["text"] = "Grüße 🎬\n" };
            await store.Index.UpsertAsync(TestClips.Record(id, scenes, ["t" + (i % 3)], Hash(id), metadata), scenes, Cancellation);
        }
    }

    private static async Task<string> AddWithMediaAsync(TransferStore store, string id, byte[] content)
    {
        using MemoryStream stream = new(content);
        using IncomingFile file = await store.Media.ReceiveAsync(stream, UploadPurpose.Clip, Cancellation);
        store.Media.Keep(file);
        SceneEmbedding[] scenes = TestClips.Scenes(new Random(1), 1);
        await store.Index.UpsertAsync(TestClips.Record(id, scenes, sha256: file.Sha256) with { SizeBytes = content.Length }, scenes, Cancellation);
        return file.Sha256!;
    }

    private Task<TransferManifest> ExportAsync(TransferStore store, bool withMedia = false) => store.ExportAsync(ExportFolder, withMedia);

    private Task<ImportResult> ImportAsync(TransferStore store, bool replace = false) => store.ImportAsync(ExportFolder, replace);

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private Task<TransferStore> OpenAsync(string name) => TransferStore.OpenAsync(folder, name);

    public void Dispose() => folder.Dispose();
}
