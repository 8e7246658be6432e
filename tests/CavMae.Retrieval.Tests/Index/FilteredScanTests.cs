using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Index.Embedded;

namespace CavMae.Retrieval.Tests.Index;

/// <summary>What conditions on metadata cost the scan.</summary>
public sealed class FilteredScanTests
{
    private const int ScenesPerClip = 5;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Scan_ConditionOnClipsWhoseScenesLieApart_IsAskedOnceForEachClip()
    {
        const int clips = 300;
        var vectors = Fill(clips, scattered: true);
        using var lease = vectors.Acquire();
        var condition = new CountingCondition(["year"]);
        var query = Query(lease, condition);

        Assert.Equal(1, VectorScanner.ThreadCount(lease.Scenes, query));
        Assert.Equal(50, VectorScanner.Scan(lease, query, Cancellation).Kept.Length);
        Assert.Equal(clips, condition.Count);
    }

    private static ScanQuery Query(SceneVectors.Lease lease, params MetadataCondition[] conditions) => new(new IndexQuery
    {
        Scenes = TestClips.Scenes(new Random(1), 1),
        Pairings = Pairings.All,
        Limit = 50,
        Filter = new ClipFilter { Conditions = conditions },
    }, TestClips.Dimension, null, lease.Chunks.Length * SceneVectors.SlotsPerChunk);

    /// <param name="clips">How many; each has <see cref="ScenesPerClip"/> scenes.</param>
    /// <param name="scattered">The first scenes of all clips come first, then the second ones, so that no clip's lie side by side.</param>
    private static SceneVectors Fill(int clips, bool scattered)
    {
        var random = new Random(7);
        var vectors = new SceneVectors(TestClips.Dimension);
        var edit = vectors.BeginEdit();
        var scenes = TestClips.Scenes(random, ScenesPerClip);
        var slots = Enumerable.Range(0, clips).Select(_ => new int[ScenesPerClip]).ToArray();
        for (var i = 0; i < clips * ScenesPerClip; i++)
        {
            var (clip, scene) = scattered ? (i % clips, i / clips) : (i / ScenesPerClip, i % ScenesPerClip);
            slots[clip][scene] = edit.Add(scenes[scene].Audio, scenes[scene].Visual);
        }
        for (var i = 0; i < clips; i++)
        {
            var metadata = $$"""{"place":"Place {{i % 100}}","reel":{{i}},"camera":{"make":"Y","model":"X{{i % 10}}"},"note":"a few words that nobody asks for","year":{{2000 + (i % 20)}},"recorded":"2024-01-{{1 + (i % 28):00}}"}""";
            edit.Assign(new StoredClip(TestClips.Record($"clip-{i}", scenes), metadata, i + 1, slots[i]));
        }
        edit.Publish();
        return vectors;
    }

    private sealed record CountingCondition(IReadOnlyList<string> Path) : MetadataCondition(Path)
    {
        public int Count { get; private set; }

        private protected override bool Accepts(in MetadataScalar value)
        {
            Count++;
            return value.Kind == JsonValueKind.Number;
        }
    }
}
