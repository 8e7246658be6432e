using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using CavMae.Retrieval.Index;
using CavMae.Tests.Shared;

namespace CavMae.Retrieval.Tests.Index;

/// <summary>A second process writes clips until it is killed with SIGKILL; what it had acknowledged must be there, whole.</summary>
public sealed class EmbeddedIndexCrashTests : IDisposable
{
    private const string FolderVariable = "CAVMAE_TEST_CRASH_FOLDER";
    private const int Clips = 10;

    /// <summary>Made when it is first used: the second process works in the first one's, and is killed before it could remove its own.</summary>
    private readonly Lazy<TemporaryFolder> lazyTemporary = new(() => new TemporaryFolder());

    private TemporaryFolder Temporary => lazyTemporary.Value;

    private string AcknowledgedPath => Temporary.File("acknowledged");

    private string DataPath => Temporary.File("data");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        if (lazyTemporary.IsValueCreated)
            Temporary.Dispose();
    }

    [Fact]
    public async Task Open_WriterKilledInTheMiddle_HasAllThatWasAcknowledgedAndNoHalfClip()
    {
        // Killed at several moments, each time in the same folder: the store also survives having been killed before.
        for (var round = 1; round <= 4; round++)
        {
            await RunWriterUntilAsync(acknowledgements: 7 * round * round);
            await CheckAsync();
        }
    }

    [Fact]
    public async Task Open_FolderOfARunningProcess_RefusedNamingIt()
    {
        using var writer = StartWriter();
        try
        {
            await WaitForAcknowledgementsAsync(writer, 1);
            var refusal = Assert.Throws<StoreInUseException>(() => DataFolder.Open(DataPath));
            Assert.Contains($"process {writer.Id} ", refusal.Message, StringComparison.Ordinal);
        }
        finally
        {
            writer.Kill();
            await writer.WaitForExitAsync(Cancellation);
        }
        DataFolder.Open(DataPath).Dispose();
    }

    /// <summary>The second process: this test alone, started by the others. Replaces and deletes clips for ever, noting each finished step.</summary>
    [Fact]
    public async Task WriteUntilKilled()
    {
        var root = Environment.GetEnvironmentVariable(FolderVariable);
        Assert.SkipWhen(root is null, "this is the second process of the crash tests and does nothing alone");
        using var folder = DataFolder.Open(Path.Combine(root, "data"));
        await using var index = await EmbeddedIndex.OpenAsync(folder, TestClips.ModelId, TestClips.Dimension, cancellationToken: Cancellation);
        await using var acknowledged = new StreamWriter(Path.Combine(root, "acknowledged"), append: true) { AutoFlush = true };
        var first = File.ReadLines(Path.Combine(root, "acknowledged")).Count();
        for (var revision = first; ; revision++)
        {
            var id = $"clip-{revision % Clips}";
            if (revision % 7 == 6)
                await index.DeleteAsync(id, Cancellation);
            var vector = TestClips.UnitVector(new Random(revision));
            var scenes = Enumerable.Range(0, ScenesOf(revision)).Select(i => TestClips.Scene(i, vector, vector)).ToArray();
            await index.UpsertAsync(TestClips.Record(id, scenes, title: revision.ToString(CultureInfo.InvariantCulture)), scenes, Cancellation);
            await index.UpdateAsync(id, new ClipChanges { Tags = [$"{revision}"], Metadata = new JsonObject { ["revision"] = revision } }, Cancellation);
            await acknowledged.WriteLineAsync($"{id} {revision}".AsMemory(), Cancellation);
        }
    }

    private static int ScenesOf(int revision) => 1 + (revision % 40);

    private async Task RunWriterUntilAsync(int acknowledgements)
    {
        using var writer = StartWriter();
        try
        {
            await WaitForAcknowledgementsAsync(writer, acknowledgements);
        }
        finally
        {
            writer.Kill();
            await writer.WaitForExitAsync(Cancellation);
        }
    }

    private async Task CheckAsync()
    {
        var acknowledged = new Dictionary<string, int>();
        foreach (var line in await File.ReadAllLinesAsync(AcknowledgedPath, Cancellation))
            acknowledged[line.Split(' ')[0]] = int.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
        var next = acknowledged.Values.Max() + 1;

        using var folder = DataFolder.Open(DataPath);
        await using var index = await EmbeddedIndex.OpenAsync(folder, TestClips.ModelId, TestClips.Dimension, cancellationToken: Cancellation);
        foreach (var (id, revision) in acknowledged)
        {
            var clip = await index.GetAsync(id, Cancellation);
            // The step that was under way may have happened or not; a clip it was about may be deleted already.
            var isUnderWay = id == $"clip-{next % Clips}";
            if (clip is null)
            {
                Assert.True(isUnderWay && next % 7 == 6, $"{id} is missing, revision {revision} was acknowledged");
                continue;
            }
            var found = int.Parse(clip.Title, CultureInfo.InvariantCulture);
            Assert.True(found == revision || (isUnderWay && found == next), $"{id} has revision {found}, {revision} was acknowledged");
            // The change of the last step may not have happened, but never half of it.
            var isChanged = clip.Tags.Count == 1;
            Assert.True(isChanged || isUnderWay, $"the change of {id} in revision {found} was acknowledged and is missing");
            Assert.True(isChanged ? clip.Tags[0] == $"{found}" && (int)clip.Metadata["revision"]! == found : clip.Metadata.Count == 0, $"{id} has half a change");
            var scenes = (await index.GetEmbeddingsAsync(id, Cancellation))!;
            Assert.Equal(ScenesOf(found), scenes.Count);
            var vector = TestClips.UnitVector(new Random(found));
            Assert.All(scenes, scene => Assert.Equal(vector, scene.Audio));
            Assert.All(scenes, scene => Assert.Equal(vector, scene.Visual));
        }
    }

    private Process StartWriter()
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in new[] { "exec", typeof(EmbeddedIndexCrashTests).Assembly.Location, "-method", $"{typeof(EmbeddedIndexCrashTests).FullName}.{nameof(WriteUntilKilled)}" })
            start.ArgumentList.Add(argument);
        start.Environment[FolderVariable] = Temporary.FullPath;
        return Process.Start(start)!;
    }

    private async Task WaitForAcknowledgementsAsync(Process writer, int more)
    {
        var before = Count();
        var deadline = Stopwatch.GetTimestamp() + (60 * Stopwatch.Frequency);
        while (Count() < before + more)
        {
            if (writer.HasExited || Stopwatch.GetTimestamp() > deadline)
                Assert.Fail($"The writing process did not write: {(writer.HasExited ? await writer.StandardOutput.ReadToEndAsync(Cancellation) : "no progress for a minute")}");
            await Task.Delay(5, Cancellation);
        }

        int Count() => File.Exists(AcknowledgedPath) ? File.ReadLines(AcknowledgedPath).Count() : 0;
    }
}
