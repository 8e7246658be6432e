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

/// <summary>An import takes what an upload may say and what the product itself makes, and nothing else.</summary>
public sealed class TransferLimitsTests : IDisposable
{
    // Parts of the second clip's line.
    private const string Metadata = "{\"second\":true}";
    private const string Id = "\"second\"";
    private const string Tags = "[\"red\"]";
    private const string FrameRate = "29.97";
    private const string Size = "\"width\":640,\"height\":360";
    private const string Duration = "100000000";

    private readonly TemporaryFolder folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string ExportFolder => folder.File("export");

    /// <summary>What stands in the second clip's line, what a stranger writes instead, and words of the refusal.</summary>
    public static TheoryData<string, string, string> Refused => new()
    {
        { Metadata, "{\"a\":\"\\ud800\"}", "'metadata' has a string that is not Unicode text" },
        { Metadata, "{\"\\udc00\":1}", "surrogate" },
        // One byte that is no UTF-8, written as Latin-1.
        { Metadata, "{\"a\":\"\u00FF\"}", "invalid UTF-8" },
        { Metadata, "{\"a\":1,\"a\":2}", "uplicate" },
        { Metadata, "{\"b\":[{\"a\":1,\"\\u0061\":2}]}", "uplicate" },
        { Metadata, Nested(33), "'metadata' is not JSON" },
        { Metadata, Nested(900), "'metadata' is not JSON" },
        { Metadata, Nested(5000), "depth of 1024" },
        { Metadata, "[1]", "'metadata' is not a JSON object" },
        { Metadata, "null", "'metadata' is not a JSON object" },
        { Id, "\"\"", "'id'" },
        { Id, "\"a/b\"", "'id'" },
        { Id, "\".\"", "'id'" },
        { Id, "\"..\"", "'id'" },
        { Id, "\"a b\"", "'id'" },
        { Id, "\"ä\"", "'id'" },
        { Id, $"\"{new string('x', 129)}\"", "'id'" },
        { Id, "\"sound of \"", "'id'" },
        { Id, "\"sound of a\\u0000\"", "'id'" },
        { Id, "\"sound of \\ud800\"", "surrogate" },
        { Id, $"\"pictures of {new string('x', 4097)}\"", "'id'" },
        { Id, "\"second\",\"id\":\"third\"", "uplicate" },
        { "\"Title of second\"", $"\"{new string('x', 1001)}\"", "'title'" },
        { "\"Title of second\"", "\"\\u0000\"", "'title'" },
        { "\"Title of second\"", "\"\\ud800\"", "surrogate" },
        { Tags, "[\"\"]", "'tag'" },
        { Tags, "[\"a\\u0000\"]", "'tag'" },
        { Tags, $"[\"{new string('x', 101)}\"]", "'tag'" },
        { Tags, $"[{string.Join(',', Enumerable.Range(0, 101).Select(i => $"\"{i}\""))}]", "101 tags" },
        { Tags, "[null]", "null" },
        { FrameRate, "1e400", "frameRate" },
        { FrameRate, "-1e400", "frameRate" },
        { FrameRate, "0", "frameRate" },
        { FrameRate, "-25", "frameRate" },
        { FrameRate, "\"NaN\"", "$.frameRate" },
        { Size, "\"width\":0,\"height\":360", "0 × 360" },
        { Size, "\"width\":640,\"height\":-1", "640 × -1" },
        { Size, "\"width\":2147483647,\"height\":2147483647", "2147483647 × 2147483647" },
        { Size, "\"width\":1e20,\"height\":360", "$.width" },
        { Size, "\"width\":640,\"height\":null", "only one" },
        { Duration, "-1", "durationTicks is -1" },
        { Duration, "864000000001", "durationTicks is 864000000001" },
        { Duration, "9223372036854775808", "$.durationTicks" },
        { Duration, "NaN", "$.durationTicks" },
        { "\"endTicks\":100000000", "\"endTicks\":864000000001", "endTicks 864000000001" },
        { "123456789012", "-1", "sizeBytes" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Import_ValueThatNoUploadMayHave_IsRefusedWithItsLineAndNothingIsStored(string before, string after, string reason)
    {
        await ExportTwoAsync();
        ReplaceInSecondLine(before, after);
        await using TransferStore target = await TransferStore.OpenAsync(folder, "target");
        ClipRecord kept = await AddAsync(target, "kept");

        TransferException refusal = await Assert.ThrowsAsync<TransferException>(() => target.ImportAsync(ExportFolder));

        Assert.Contains($"'{Path.Combine(ExportFolder, TransferManifest.RecordsName)}', line 2, cannot be used", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
        TestClips.AssertSame(kept, Assert.Single(await target.Index.ListAllAsync(ClipFilter.None, Cancellation).ToListAsync(Cancellation)));
    }

    /// <summary>Each at the limit of what an upload may say, or as the command line names the sides of a data set's pairs.</summary>
    public static TheoryData<string> ExtremeIds =>
    [
        new string('x', 128), "...", "~", "0190a6c58e2e7b6f8c1de6f0d1a2b3c4", "sound of a/b", "pictures of ..", "sound of Straße 🎬\n" + new string('x', 4000),
    ];

    [Theory]
    [MemberData(nameof(ExtremeIds))]
    public async Task Import_MostExtremeAllowedValues_ComesBackTheSame(string id)
    {
        await using TransferStore source = await TransferStore.OpenAsync(folder, "source");
        string awkward = string.Concat(Enumerable.Repeat("\u0001\u007F\u2028\"\\🎬", 20_000));
        SceneEmbedding[] scenes = [new(int.MaxValue, TimeSpan.Zero, TimeSpan.FromDays(1), TestClips.UnitVector(new Random(1)), null)];
        ClipRecord clip = TestClips.Record(id, scenes, [.. Enumerable.Range(0, 100).Select(i => i.ToString("000", CultureInfo.InvariantCulture) + new string('\u0001', 97))], Hash(id),
            ClipRules.ParseMetadata($"{{\"deep\":{Nested(31)},\"\":1e400,\"long\":{JsonValue.Create(awkward).ToJsonString()}}}"), string.Concat(Enumerable.Repeat("🎬", 500)));
        clip = clip with { Width = 1 << 15, Height = 1 << 15, FrameRate = double.MaxValue, SizeBytes = long.MaxValue };
        await source.Index.UpsertAsync(clip, scenes, Cancellation);
        await source.ExportAsync(ExportFolder);
        await using TransferStore target = await TransferStore.OpenAsync(folder, "target");

        Assert.Equal(new ImportResult(1, 0, 0, 1), await target.ImportAsync(ExportFolder));

        TestClips.AssertSame(clip, await target.Index.GetAsync(id, Cancellation));
    }

    [Fact]
    public async Task Import_TagTwice_IsKeptOnceAsInAnUpload()
    {
        await ExportTwoAsync();
        ReplaceInSecondLine(Tags, "[\"b\",\"a\",\"b\"]");
        await using TransferStore target = await TransferStore.OpenAsync(folder, "target");

        await target.ImportAsync(ExportFolder);

        Assert.Equal(["b", "a"], (await target.Index.GetAsync("second", Cancellation))!.Tags);
    }

    private async Task ExportTwoAsync()
    {
        await using TransferStore source = await TransferStore.OpenAsync(folder, "source");
        await AddAsync(source, "first");
        await AddAsync(source, "second");
        await source.ExportAsync(ExportFolder);
    }

    private static async Task<ClipRecord> AddAsync(TransferStore store, string id)
    {
        SceneEmbedding[] scenes = TestClips.Scenes(new Random(3), 1);
        ClipRecord clip = TestClips.Record(id, scenes, ["red"], Hash(id), new JsonObject { [id] = true });
        await store.Index.UpsertAsync(clip, scenes, Cancellation);
        return clip;
    }

    private void ReplaceInSecondLine(string before, string after)
    {
        string records = Path.Combine(ExportFolder, TransferManifest.RecordsName);
        string[] lines = File.ReadAllLines(records);
        int place = lines[1].IndexOf(before, StringComparison.Ordinal);
        Assert.True(place >= 0, $"{before} is not in {lines[1]}");
        lines[1] = lines[1][..place] + after + lines[1][(place + before.Length)..];
        File.WriteAllText(records, lines[0] + "\n" + lines[1] + "\n", after.Contains('\u00FF', StringComparison.Ordinal) ? Encoding.Latin1 : new UTF8Encoding(false));
        TransferStore.Reseal(ExportFolder);
    }

    private static string Nested(int depth) => string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "1" + new string('}', depth);

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    public void Dispose() => folder.Dispose();
}
