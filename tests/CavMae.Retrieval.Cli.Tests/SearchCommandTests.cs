using System.Numerics.Tensors;
using System.Text.Json;
using CavMae.Retrieval.Cli.Tests.Support;
using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;
using CavMae.Tests.Shared;

namespace CavMae.Retrieval.Cli.Tests;

public sealed class SearchCommandTests : CliTest
{
    /// <summary>The same vectors, added up in another order: float32 rounding over 32 products.</summary>
    private const float CosineTolerance = 1e-5f;

    [Fact]
    public async Task Search_AudioToVideoAsJson_GivesTheCosinesOfTheStoredVectors()
    {
        await IndexBothAsync();

        Outcome outcome = await RunAsync("search", Fixtures.Clip(Zoom), "--direction", "audio-to-video", "--group-by", "scene", "--json");

        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(DemoBundle.Result.ModelId, outcome.Json.GetProperty("modelId").GetString());
        JsonElement[] hits = [.. outcome.Json.GetProperty("hits").EnumerateArray()];
        Dictionary<string, IReadOnlyList<SceneEmbedding>> stored = await ReadVectorsAsync();
        Assert.Equal(stored.Values.Sum(scenes => scenes.Count), hits.Length);
        float[] sound = stored[Zoom][0].Audio!;
        foreach (JsonElement hit in hits)
        {
            SceneEmbedding scene = stored[hit.GetProperty("clip").GetProperty("title").GetString()!][hit.GetProperty("scene").GetProperty("index").GetInt32()];
            Assert.Equal(TensorPrimitives.Dot<float>(sound, scene.Visual), hit.GetProperty("score").GetSingle(), CosineTolerance);
        }
        Assert.Equal(hits.Select(Score).OrderDescending(), hits.Select(Score));
    }

    [Fact]
    public async Task Search_Similar_GivesPartsAndTheClipItselfFirst()
    {
        await IndexBothAsync();

        Outcome outcome = await RunAsync("search", Fixtures.Clip(Bars), "--direction", "similar", "--json", "--limit", "1");

        JsonElement hit = Assert.Single(outcome.Json.GetProperty("hits").EnumerateArray());
        Assert.Equal(Bars, hit.GetProperty("clip").GetProperty("title").GetString());
        JsonElement parts = hit.GetProperty("parts");
        Assert.Equal(1, parts.GetProperty("audioToAudio").GetSingle(), CosineTolerance);
        Assert.Equal(1, parts.GetProperty("videoToVideo").GetSingle(), CosineTolerance);
    }

    [Fact]
    public async Task Search_AsTable_HasALineForEachHit()
    {
        await IndexBothAsync();

        Outcome outcome = await RunAsync("search", Fixtures.Clip(Zoom), "--direction", "video-to-audio");

        Assert.Equal(0, outcome.ExitCode);
        Assert.Single(outcome.Output.Split('\n'), line => line.Contains(Zoom, StringComparison.Ordinal));
        Assert.Single(outcome.Output.Split('\n'), line => line.Contains(Bars, StringComparison.Ordinal));
        Assert.Contains($"2 hits by {DemoBundle.Result.ModelId}", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Search_TagAndMinScore_LeaveOutTheRest()
    {
        await RunAsync("index", Fixtures.Clip(Zoom), "--tag", "zoomed");
        await RunAsync("index", Fixtures.Clip(Bars));

        Outcome tagged = await RunAsync("search", Fixtures.Clip(Zoom), "--direction", "similar", "--tag", "zoomed", "--json");
        Outcome none = await RunAsync("search", Fixtures.Clip(Zoom), "--direction", "audio-to-video", "--min-score", "1");

        Assert.Equal(Zoom, Assert.Single(tagged.Json.GetProperty("hits").EnumerateArray()).GetProperty("clip").GetProperty("title").GetString());
        Assert.Equal(0, none.ExitCode);
        Assert.Contains("Nothing was found.", none.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Search_FileThatIsNoMedia_FailsWithTheReason()
    {
        await IndexBothAsync();
        string text = PathOf("text.mp4");
        await File.WriteAllTextAsync(text, "no film", Cancellation);

        Outcome outcome = await RunAsync("search", text, "--direction", "similar");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("none of MP4", outcome.Error, StringComparison.Ordinal);
        Assert.Empty(outcome.Output);
    }

    [Theory]
    [InlineData("--direction", "sideways")]
    [InlineData("--limit", "0")]
    [InlineData("--limit", "101")]
    [InlineData("--min-score", "1.5")]
    [InlineData("--group-by", "film")]
    [InlineData("--tag", "")]
    [InlineData("--depth", "3")]
    public async Task Search_OptionOutOfRange_IsBadUse(string option, string value)
    {
        string[] direction = option == "--direction" ? [] : ["--direction", "similar"];

        Outcome outcome = await RunAsync(["search", Fixtures.Clip(Zoom), .. direction, option, value]);

        Assert.Equal(2, outcome.ExitCode);
        Assert.NotEmpty(outcome.Error);
        Assert.False(Directory.Exists(DataFolder));
    }

    [Fact]
    public async Task Search_NoDataFolder_SaysToIndexFirst()
    {
        Outcome outcome = await RunAsync("search", Fixtures.Clip(Zoom), "--direction", "similar");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("cavmae index", outcome.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(DataFolder));
    }

    private async Task IndexBothAsync() => Assert.Equal(0, (await RunAsync("index", Fixtures.Clip(Zoom), Fixtures.Clip(Bars))).ExitCode);

    private Task<Dictionary<string, IReadOnlyList<SceneEmbedding>>> ReadVectorsAsync() => WithIndexAsync(async index =>
    {
        Dictionary<string, IReadOnlyList<SceneEmbedding>> vectors = [];
        foreach (ClipRecord clip in (await index.ListAsync(ClipFilter.None, null, 10, Cancellation)).Items)
            vectors[clip.Title] = (await index.GetEmbeddingsAsync(clip.Id, Cancellation))!;
        return vectors;
    });

    private static float Score(JsonElement hit) => hit.GetProperty("score").GetSingle();
}
