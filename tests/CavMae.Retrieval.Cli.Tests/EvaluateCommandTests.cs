using System.Numerics.Tensors;
using System.Text.Json;
using CavMae.Retrieval.Cli.Commands;
using CavMae.Retrieval.Cli.Tests.Support;
using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;
using CavMae.Tests.Shared;

namespace CavMae.Retrieval.Cli.Tests;

public sealed class EvaluateCommandTests : CliTest
{
    [Fact]
    public async Task Evaluate_Folder_GivesTheRecallOfTheStoredVectors()
    {
        CopyLibrary();

        Outcome outcome = await RunAsync("evaluate", PathOf("library"), "--json");

        Assert.Equal(0, outcome.ExitCode);
        JsonElement answer = outcome.Json;
        Assert.Equal(DemoBundle.Result.ModelId, answer.GetProperty("modelId").GetString());
        Assert.Equal("Cpu", answer.GetProperty("provider").GetString());
        Assert.False(answer.GetProperty("trained").GetBoolean());
        Assert.Equal(3, answer.GetProperty("pairs").GetInt32());
        Assert.Equal([1 / 3.0, 1, 1, 2], Recall(answer, "chance"));
        IReadOnlyList<SceneEmbedding>[] clips = await ReadVectorsAsync();
        Assert.Equal(3, clips.Length);
        Assert.Equal(Oracle(clips, scene => scene.Audio, scene => scene.Visual), Recall(answer, "audioToVideo"));
        Assert.Equal(Oracle(clips, scene => scene.Visual, scene => scene.Audio), Recall(answer, "videoToAudio"));
        JsonElement seconds = answer.GetProperty("seconds");
        Assert.All(["decode", "search", "total"], stage => Assert.True(seconds.GetProperty(stage).GetDouble() > 0, stage));
    }

    [Fact]
    public async Task Evaluate_KeptFolderAgain_GivesTheSameWithoutDecoding()
    {
        CopyLibrary();
        JsonElement first = (await RunAsync("evaluate", PathOf("library"), "--json")).Json;

        JsonElement second = (await RunAsync("evaluate", PathOf("library"), "--json")).Json;

        Assert.Equal(first.GetProperty("audioToVideo").GetRawText(), second.GetProperty("audioToVideo").GetRawText());
        Assert.Equal(0, second.GetProperty("seconds").GetProperty("decode").GetDouble());
        Assert.Equal(3, (await WithIndexAsync(index => index.CountAsync(Cancellation))).Clips);
    }

    [Fact]
    public async Task Evaluate_AsTable_HasALineForEachDirectionAndForGuessing()
    {
        CopyLibrary();

        Outcome outcome = await RunAsync("evaluate", PathOf("library"));

        Assert.Equal(0, outcome.ExitCode);
        foreach (string line in (string[])["sound → pictures", "pictures → sound", "guessing", "R@10", "3 pairs by " + DemoBundle.Result.ModelId])
            Assert.Single(outcome.Output.Split('\n'), text => text.Contains(line, StringComparison.Ordinal));
        Assert.Contains("UNTRAINED", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Evaluate_FilesThatCannotBePaired_AreNamedAndLeftOut()
    {
        CopyLibrary();
        CopyClip(Zoom, "library/zoom again.mp4");
        Ffmpeg.Run("-i", Fixtures.Clip(Bars), "-an", "-c", "copy", PathOf("library/mute.mp4"));
        Ffmpeg.Run("-i", Fixtures.Clip(Bars), "-vn", PathOf("library/blind.wav"));
        await File.WriteAllTextAsync(PathOf("library/notes.txt"), "no film", Cancellation);

        Outcome outcome = await RunAsync("evaluate", PathOf("library"), "--json");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Equal(3, outcome.Json.GetProperty("pairs").GetInt32());
        Dictionary<string, string> leftOut = outcome.Json.GetProperty("leftOut").EnumerateArray()
            .ToDictionary(file => Path.GetFileName(file.GetProperty("name").GetString())!, file => file.GetProperty("kind").GetString()!);
        Assert.Equal(("oneSided", "oneSided", "unreadable"), (leftOut["mute.mp4"], leftOut["blind.wav"], leftOut["notes.txt"]));
        // By their names: "zoom again.mp4" comes first, whichever is decoded first.
        Assert.Equal("duplicate", leftOut["zoom.mp4"]);
        Assert.DoesNotContain("zoom again.mp4", leftOut.Keys);
        Assert.Contains("mute.mp4' has no sound", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("notes.txt: The file is none of MP4", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Evaluate_WithoutData_LeavesNothingBehind()
    {
        CopyLibrary();
        HashSet<string> before = [.. TemporaryFolders()];
        using StringWriter output = new(), error = new();

        int code = await CommandLine.RunAsync(["evaluate", PathOf("library"), "--json", "--model", DemoBundle.Folder], output, error, Cancellation);

        Assert.Equal(0, code);
        Assert.Empty(TemporaryFolders().Except(before));
        Assert.False(Directory.Exists(DataFolder));
    }

    [Fact]
    public async Task Evaluate_AfterAKilledEvaluation_RemovesWhatItLeftAndNoOther()
    {
        CopyLibrary();
        string left = Directory.CreateTempSubdirectory("cavmae-evaluate-").FullName;
        await File.WriteAllTextAsync(Path.Combine(left, "index.db"), "left", Cancellation);
        using LockedTemporaryFolder inUse = LockedTemporaryFolder.Create("cavmae-evaluate-");
        using StringWriter output = new(), error = new();

        int code = await CommandLine.RunAsync(["evaluate", PathOf("library"), "--model", DemoBundle.Folder], output, error, Cancellation);

        Assert.True(code == 0, error.ToString());
        Assert.False(Directory.Exists(left));
        Assert.True(Directory.Exists(inUse.FullPath));
    }

    [Fact]
    public async Task Evaluate_Dataset_PairsEachSoundWithItsFrame()
    {
        MakeSide("zoom", Zoom, frame: 5);
        MakeSide("bars", Bars, frame: 3);
        MakeSide("late", Bars, frame: 7);
        await WriteDatasetAsync("""{"data":[{"video_id":"zoom","wav":"zoom.wav","video_path":"frames","labels":"/m/1"},{"video_id":"bars","wav":"bars.wav","video_path":"frames"},"""
            + """{"video_id":"late","wav":"bars.wav","video_path":"frames"},{"video_id":"silent","wav":"gone.wav","video_path":"frames"},{"video_id":"zoom","wav":"zoom.wav","video_path":"frames"},{"wav":"zoom.wav"},null]}""");

        Outcome outcome = await RunAsync("evaluate", PathOf("set.json"), "--json");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Equal(2, outcome.Json.GetProperty("pairs").GetInt32());
        Assert.Equal(["late", "silent", "zoom", "entry 5", "entry 6"], outcome.Json.GetProperty("leftOut").EnumerateArray().Select(file => file.GetProperty("name").GetString()));
        SceneEmbedding[] sounds = [.. await ReadAsync("sound of zoom"), .. await ReadAsync("sound of bars")];
        SceneEmbedding[] pictures = [.. await ReadAsync("pictures of zoom"), .. await ReadAsync("pictures of bars")];
        IReadOnlyList<SceneEmbedding>[] pairs = [.. sounds.Zip(pictures, (sound, picture) => (IReadOnlyList<SceneEmbedding>)[sound with { Visual = picture.Visual }])];
        Assert.Equal(Oracle(pairs, scene => scene.Audio, scene => scene.Visual), Recall(outcome.Json, "audioToVideo"));
        Assert.Equal(Oracle(pairs, scene => scene.Visual, scene => scene.Audio), Recall(outcome.Json, "videoToAudio"));
    }

    [Theory]
    [InlineData("{", "is no data set")]
    [InlineData("[]", "is no data set")]
    [InlineData("""{"items":[]}""", "has no list \"data\"")]
    [InlineData("""{"data":[{"video_id":7}]}""", "is no data set")]
    public async Task Evaluate_OtherJson_IsBadUseAndMakesNothing(string content, string words)
    {
        await WriteDatasetAsync(content);

        Outcome outcome = await RunAsync("evaluate", PathOf("set.json"));

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(words, outcome.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(DataFolder));
    }

    [Fact]
    public async Task Evaluate_EmptyFolder_FailsAndSaysWhy()
    {
        Directory.CreateDirectory(PathOf("library"));

        Outcome outcome = await RunAsync("evaluate", PathOf("library"), "--json");

        Assert.Equal((1, ""), (outcome.ExitCode, outcome.Output));
        Assert.Contains("nothing to evaluate", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Evaluate_FolderThatServes_IsLeftAlone()
    {
        CopyLibrary();
        await RunAsync("index", Fixtures.Clip(Zoom));

        Outcome outcome = await RunAsync("evaluate", PathOf("library"));

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("not of an evaluation", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(1, (await WithIndexAsync(index => index.CountAsync(Cancellation))).Clips);
    }

    [Fact]
    public async Task Evaluate_MissingPath_IsBadUse() => Assert.Equal(2, (await RunAsync("evaluate", PathOf("gone"))).ExitCode);

    [Fact]
    public async Task Evaluate_Cancelled_RemovesWhatItMade()
    {
        for (int i = 0; i < 40; i++)
            CopyDistinct(Zoom, $"library/{i:00}.mp4", i);
        HashSet<string> before = [.. TemporaryFolders()];
        using StringWriter output = new(), error = new();
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        Task<int> running = CommandLine.RunAsync(["evaluate", PathOf("library"), "--model", DemoBundle.Folder], output, error, stop.Token);
        while (!TemporaryFolders().Except(before).Any(made => Directory.Exists(Path.Combine(made, "incoming")) && Directory.EnumerateFiles(Path.Combine(made, "incoming")).Any()))
        {
            Assert.False(running.IsCompleted, "the command ended before it began a clip");
            await Task.Delay(10, Cancellation);
        }

        await stop.CancelAsync();

        Assert.Equal(130, await running);
        Assert.Contains("Interrupted. Nothing is left of it.", error.ToString(), StringComparison.Ordinal);
        Assert.Empty(TemporaryFolders().Except(before));
    }

    private void CopyLibrary()
    {
        CopyClip(Zoom, "library/zoom.mp4");
        CopyClip(Bars, "library/deeper/bars.mp4");
        Ffmpeg.Run("-f", "lavfi", "-i", "testsrc=d=4:s=320x240:r=10", "-f", "lavfi", "-i", "sine=d=4", PathOf("library/third.mp4"));
    }

    /// <summary>Sound and one numbered frame of a clip, as a data set has them.</summary>
    private void MakeSide(string id, string clip, int frame)
    {
        string folder = Directory.CreateDirectory(PathOf($"frames/frame_{frame}")).FullName;
        Ffmpeg.Run("-i", Fixtures.Clip(clip), "-t", "5", "-vn", PathOf($"{id}.wav"));
        Ffmpeg.Run("-i", Fixtures.Clip(clip), "-frames:v", "1", Path.Combine(folder, $"{id}.jpg"));
    }

    private Task WriteDatasetAsync(string content) => File.WriteAllTextAsync(PathOf("set.json"), content, Cancellation);

    private static string[] TemporaryFolders() => Directory.GetDirectories(Path.GetTempPath(), "cavmae-evaluate-*");

    private static double[] Recall(JsonElement answer, string name) =>
        [.. ((string[])["recallAt1", "recallAt5", "recallAt10", "medianRank"]).Select(key => answer.GetProperty(name).GetProperty(key).GetDouble())];

    /// <summary>The slow way: every pair of scenes, then places by counting. No two clips of these tests tie.</summary>
    private static double[] Oracle(IReadOnlyList<SceneEmbedding>[] clips, Func<SceneEmbedding, float[]?> asking, Func<SceneEmbedding, float[]?> stored)
    {
        double[] ranks = [.. clips.Select(query =>
        {
            float[] scores = [.. clips.Select(clip => Best(query, clip))];
            float own = Best(query, query);
            return 1.0 + scores.Count(score => score > own);
        }).Order()];
        double[] middle = [ranks[(ranks.Length - 1) / 2], ranks[ranks.Length / 2]];
        return [.. ((int[])[1, 5, 10]).Select(places => ranks.Count(rank => rank <= places) / (double)ranks.Length), middle.Average()];

        float Best(IReadOnlyList<SceneEmbedding> query, IReadOnlyList<SceneEmbedding> clip) =>
            query.Where(scene => asking(scene) is not null).Max(q => clip.Where(scene => stored(scene) is not null).Max(s => TensorPrimitives.Dot<float>(asking(q), stored(s))));
    }

    private Task<IReadOnlyList<SceneEmbedding>[]> ReadVectorsAsync() => WithIndexAsync(async index =>
    {
        ClipPage page = await index.ListAsync(ClipFilter.None, null, 100, Cancellation);
        return await Task.WhenAll(page.Items.Select(async clip => (await index.GetEmbeddingsAsync(clip.Id, Cancellation))!));
    });

    private Task<IReadOnlyList<SceneEmbedding>> ReadAsync(string clipId) => WithIndexAsync(async index => (await index.GetEmbeddingsAsync(clipId, Cancellation))!);
}
