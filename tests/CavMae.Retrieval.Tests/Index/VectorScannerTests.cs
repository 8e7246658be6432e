using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Index.Embedded;

namespace CavMae.Retrieval.Tests.Index;

public sealed class VectorScannerTests
{
    // Enough for several chunks and, with this dimension, for every core.
    private const int Scenes = (2 * SceneVectors.SlotsPerChunk) + 777;
    private const int Dimension = 192;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Grouping.Scene, 1)]
    [InlineData(Grouping.Scene, 6)]
    [InlineData(Grouping.Clip, 1)]
    [InlineData(Grouping.Clip, 6)]
    public void Scan_SeveralChunksAndThreads_EqualsSlowOracle(Grouping grouping, int queryScenes)
    {
        var random = new Random(5);
        var (vectors, clips) = Fill(random);
        var query = new IndexQuery { Scenes = QueryScenes(random, queryScenes), Pairings = Pairings.All, Grouping = grouping, Limit = 100 };
        using var lease = vectors.Acquire();
        Assert.True(Environment.ProcessorCount == 1 || VectorScanner.ThreadCount(lease.Scenes, new ScanQuery(query, Dimension, null)) > 1);

        var hits = VectorScanner.Scan(lease, new ScanQuery(query, Dimension, null), Cancellation).Kept.ToArray();
        var expected = SearchOracle.Search(clips, query);
        // Scores of 8,969 scenes lie close together: where rounding could change places, only the score is compared.
        const double tolerance = 1e-6;
        Assert.Equal(expected.Count, hits.Length);
        for (var i = 0; i < hits.Length; i++)
        {
            Assert.Equal(expected[i].Score, hits[i].Score, tolerance);
            var isClose = (i > 0 && expected[i - 1].Score - expected[i].Score < tolerance) || (i + 1 < hits.Length && expected[i].Score - expected[i + 1].Score < tolerance);
            if (!isClose)
                Assert.Equal((expected[i].ClipId, expected[i].Scene, expected[i].QueryScene), (hits[i].Clip.Id, hits[i].Scene, hits[i].QueryScene));
        }
    }

    [Fact]
    public void Scan_ManyEqualScores_OrderDoesNotDependOnThreads()
    {
        var vectors = new SceneVectors(Dimension);
        var edit = vectors.BeginEdit();
        var same = TestClips.UnitVector(new Random(1), Dimension);
        for (var i = 0; i < Scenes; i++)
            AddClip(edit, $"clip-{(i * 7919) % Scenes:00000}", i + 1, [TestClips.Scene(0, same, null)]);
        edit.Publish();
        using var lease = vectors.Acquire();
        var query = new IndexQuery { Scenes = QueryScenes(new Random(2), 3), Pairings = Pairings.AudioToAudio, Limit = 50 };
        for (var run = 0; run < 20; run++)
            Assert.Equal(Enumerable.Range(0, 50).Select(i => $"clip-{i:00000}"),
                VectorScanner.Scan(lease, new ScanQuery(query, Dimension, null), Cancellation).Kept.ToArray().Select(hit => hit.Clip.Id));
    }

    [Fact]
    public void Scan_CancelledWhileItRuns_StopsSoon()
    {
        var random = new Random(5);
        var (vectors, _) = Fill(random);
        using var lease = vectors.Acquire();
        // Minutes of work.
        var query = new ScanQuery(new IndexQuery { Scenes = QueryScenes(random, 20_000), Pairings = Pairings.All }, Dimension, null);
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        cancellation.CancelAfter(TimeSpan.FromMilliseconds(50));
        Assert.Throws<OperationCanceledException>(() => VectorScanner.Scan(lease, query, cancellation.Token));
    }

    [Fact]
    public void Scan_AllocatesByQueryNotByScene()
    {
        var random = new Random(5);
        var (vectors, _) = Fill(random);
        using var lease = vectors.Acquire();
        var scan = new BlockScan(new ScanQuery(new IndexQuery { Scenes = QueryScenes(random, 5), Pairings = Pairings.All }, Dimension, null), new TopHits(10, -1, Grouping.Clip));
        scan.Run(lease.Chunks[0], 0, SceneVectors.SlotsPerChunk);
        var before = GC.GetAllocatedBytesForCurrentThread();
        scan.Run(lease.Chunks[1], 0, SceneVectors.SlotsPerChunk);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(33)]
    [InlineData(768)]
    public void DotProduct_AloneAndFourAtOnce_SameBitsAndCloseToDouble(int dimension)
    {
        var random = new Random(dimension);
        var queries = new VectorMatrix(4, dimension, isLongLived: false);
        var stored = new VectorMatrix(1, dimension, isLongLived: true);
        for (var i = 0; i < 4; i++)
            TestClips.UnitVector(random, dimension).CopyTo(queries.Row(i));
        TestClips.UnitVector(random, dimension).CopyTo(stored.Row(0));

        var four = DotProduct.OfFourQueries(in queries.RowStart(0), in stored.RowStart(0), stored.Stride);
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(DotProduct.Of(in queries.RowStart(i), in stored.RowStart(0), stored.Stride), four[i]);
            Assert.Equal(queries.Row(i).ToArray().Zip(stored.Row(0).ToArray(), (x, y) => (double)x * y).Sum(), four[i], 1e-6);
        }
    }

    [Theory]
    [InlineData(Grouping.Scene)]
    [InlineData(Grouping.Clip)]
    public void TopHits_SplitAndMerged_EqualsSorting(Grouping grouping)
    {
        var random = new Random(9);
        var clips = Enumerable.Range(0, 30).Select(i => new StoredClip(TestClips.Record($"{i}", []), "{}", i, [])).ToArray();
        for (var round = 0; round < 200; round++)
        {
            // Few different scores, so that ties are many.
            var candidates = Enumerable.Range(0, random.Next(300)).Select(i => new Candidate(random.Next(20) / 20f, clips[random.Next(clips.Length)], i, 0)).ToArray();
            var limit = random.Next(1, 40);
            var parts = Enumerable.Range(0, 3).Select(_ => new TopHits(limit, 0.2f, grouping)).ToArray();
            foreach (var candidate in candidates)
                parts[random.Next(3)].Offer(candidate);
            parts[0].Merge(parts[1]);
            parts[0].Merge(parts[2]);

            var expected = candidates.Where(hit => hit.Score >= 0.2f).OrderByDescending(hit => hit.Score).ThenBy(hit => hit.Clip.Id, StringComparer.Ordinal).ThenBy(hit => hit.Scene);
            Assert.Equal((grouping == Grouping.Clip ? expected.DistinctBy(hit => hit.Clip) : expected).Take(limit), parts[0].Kept.ToArray());
        }
    }

    private static (SceneVectors Vectors, List<(ClipRecord, IReadOnlyList<SceneEmbedding>)> Clips) Fill(Random random)
    {
        var vectors = new SceneVectors(Dimension);
        var clips = new List<(ClipRecord, IReadOnlyList<SceneEmbedding>)>();
        var edit = vectors.BeginEdit();
        for (var (i, left) = (0, Scenes); left > 0; i++)
        {
            var scenes = QueryScenes(random, Math.Min(left, 1 + (i % 5)));
            left -= scenes.Length;
            var clip = AddClip(edit, $"clip-{i}", i + 1, scenes);
            clips.Add((clip.ToRecord(), scenes));
        }
        edit.Publish();
        return (vectors, clips);
    }

    private static SceneEmbedding[] QueryScenes(Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(i => TestClips.Scene(i, random.Next(5) == 0 ? null : TestClips.UnitVector(random, Dimension), TestClips.UnitVector(random, Dimension)))];

    private static StoredClip AddClip(SceneVectorsEdit edit, string id, long sequence, SceneEmbedding[] scenes)
    {
        var clip = new StoredClip(TestClips.Record(id, scenes), "{}", sequence, [.. scenes.Select(scene => edit.Add(scene.Audio, scene.Visual))]);
        edit.Assign(clip);
        return clip;
    }
}
