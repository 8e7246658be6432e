using System.Diagnostics;
using System.Numerics;
using CavMae.Benchmarks.Reporting;
using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Index.Embedded;

namespace CavMae.Benchmarks;

/// <summary>
/// The exact scan against what the machine's memory gives: the same vectors, the same number of threads, once searched and
/// once only summed up, turn by turn, so that both meet the same load of the machine.
/// </summary>
internal static class SearchBenchmark
{
    private const int Dimension = 768;
    private const int Runs = 31;
    private const int FloatsPerBlock = 256 * Dimension;

    /// <summary>The scan's share of the bandwidth that is aimed at.</summary>
    private const double LeastBandwidthShare = 0.85;

    public static void Run(Report report, CancellationToken cancellationToken)
    {
        report.Section("Exact search", $"{Dimension} dimensions, sound to pictures, 10 hits, {Runs} turns of one scan and one plain sum over the same memory by "
            + "the same threads: milliseconds, best and median; GB/s of the best; scan/sum of the medians. More query scenes do more work on the same bytes.");
        List<string[]> rows = [];
        foreach (var scenes in new[] { 1_000, 10_000, 100_000 })
        {
            var vectors = Fill(scenes);
            foreach (var queryScenes in new[] { 1, 6, 60 })
            {
                cancellationToken.ThrowIfCancellationRequested();
                rows.Add(Measure(report, vectors, scenes, queryScenes));
            }
        }
        report.Table(["scenes", "query scenes", "threads", "scan best", "median", "GB/s", "sum best", "median", "GB/s", "scan/sum"], rows);
    }

    private static string[] Measure(Report report, SceneVectors vectors, int scenes, int queryScenes)
    {
        using var lease = vectors.Acquire();
        var chunks = lease.Chunks;
        var random = new Random(2);
        var query = new ScanQuery(new IndexQuery
        {
            Scenes = [.. Enumerable.Range(0, queryScenes).Select(i => new SceneEmbedding(i, TimeSpan.Zero, TimeSpan.Zero, UnitVector(random), null))],
            Pairings = Pairings.AudioToVisual,
        }, Dimension, excludedClip: null);
        var threads = VectorScanner.ThreadCount(lease.Scenes, query);
        var scan = new double[Runs];
        var sum = new double[Runs];
        var warmUpEnd = Stopwatch.GetTimestamp() + Stopwatch.Frequency;
        for (var run = 0; run < Runs;)
        {
            var start = Stopwatch.GetTimestamp();
            _ = VectorScanner.Scan(lease, query, CancellationToken.None);
            var scanned = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            start = Stopwatch.GetTimestamp();
            _ = Sum(chunks, scenes, threads);
            var summed = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            // A second of warm-up: until then methods are still being compiled anew.
            if (Stopwatch.GetTimestamp() > warmUpEnd)
                (scan[run], sum[run++]) = (scanned, summed);
        }
        Array.Sort(scan);
        Array.Sort(sum);
        var megabytes = scenes * (double)Dimension * sizeof(float) / 1e6;
        var (scanMedian, sumMedian) = (scan[Runs / 2], sum[Runs / 2]);
        if (scenes == 100_000 && queryScenes == 1)
        {
            report.Aim($"search: scan of {scenes.Format()} × {Dimension}, one direction", $"≤ bytes / ({LeastBandwidthShare} × bandwidth) = {(sumMedian / LeastBandwidthShare).Format("0.00")} ms",
                $"{scanMedian.Format("0.00")} ms = {(megabytes / scanMedian).Format("0.0")} GB/s; plain sum {sumMedian.Format("0.00")} ms = {(megabytes / sumMedian).Format("0.0")} GB/s",
                scanMedian <= sumMedian / LeastBandwidthShare);
        }
        return
        [
            scenes.Format(), queryScenes.Format(), threads.Format(),
            scan[0].Format("0.000"), scanMedian.Format("0.000"), (megabytes / scan[0]).Format("0.0"),
            sum[0].Format("0.000"), sumMedian.Format("0.000"), (megabytes / sum[0]).Format("0.0"),
            (scanMedian / sumMedian).Format("0.00"),
        ];
    }

    /// <summary>Adds up every number of the stored pictures' vectors: nothing but reading them.</summary>
    private static float Sum(VectorChunk[] chunks, int scenes, int threads)
    {
        var numbers = (long)scenes * Dimension;
        var blocksPerChunk = SceneVectors.SlotsPerChunk * Dimension / FloatsPerBlock;
        var blocks = (int)((numbers + FloatsPerBlock - 1) / FloatsPerBlock);
        var total = 0f;
        var guard = new Lock();
        VectorScanner.ForEachBlock(blocks, threads, () => new float[1],
            (sum, block) =>
            {
                var length = (int)Math.Min(FloatsPerBlock, numbers - ((long)block * FloatsPerBlock));
                sum[0] += Sum(chunks[block / blocksPerChunk].Visual!.All.Slice(block % blocksPerChunk * FloatsPerBlock, length));
            },
            sum =>
            {
                lock (guard)
                    total += sum[0];
            }, CancellationToken.None);
        return total;
    }

    /// <summary>Four independent sums: the additions never keep memory waiting.</summary>
    private static float Sum(ReadOnlySpan<float> numbers)
    {
        Vector<float> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
        var width = Vector<float>.Count;
        for (var i = 0; i < numbers.Length; i += 4 * width)
        {
            sum0 += new Vector<float>(numbers[i..]);
            sum1 += new Vector<float>(numbers[(i + width)..]);
            sum2 += new Vector<float>(numbers[(i + (2 * width))..]);
            sum3 += new Vector<float>(numbers[(i + (3 * width))..]);
        }
        return Vector.Sum(sum0 + sum1 + sum2 + sum3);
    }

    private static SceneVectors Fill(int scenes)
    {
        var random = new Random(1);
        var vectors = new SceneVectors(Dimension);
        var edit = vectors.BeginEdit();
        for (var i = 0; i < scenes; i++)
        {
            var record = new SceneRecord(0, TimeSpan.Zero, TimeSpan.FromSeconds(10), HasAudio: false, HasVideo: true);
            edit.Assign(new StoredClip(new ClipRecord
            {
                Id = $"clip-{i}",
                Title = "",
                Duration = record.End,
                HasAudio = false,
                HasVideo = true,
                Sha256 = "",
                MediaType = "video/mp4",
                SizeBytes = 0,
                ModelId = "benchmark",
                CreatedAt = DateTimeOffset.UnixEpoch,
                Scenes = [record],
            }, "{}", i + 1, [edit.Add([], UnitVector(random))]));
        }
        edit.Publish();
        return vectors;
    }

    internal static float[] UnitVector(Random random)
    {
        var vector = new float[Dimension];
        var squares = 0.0;
        for (var i = 0; i < vector.Length; i++)
        {
            vector[i] = random.NextSingle() - 0.5f;
            squares += vector[i] * vector[i];
        }
        var scale = (float)(1 / Math.Sqrt(squares));
        for (var i = 0; i < vector.Length; i++)
            vector[i] *= scale;
        return vector;
    }
}
