using System.Diagnostics;
using System.Numerics;
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

    public static void Run(TextWriter output)
    {
        output.WriteLine($"Exact search, {Dimension} dimensions, sound to pictures, 10 hits, {Runs} runs: milliseconds, best and median");
        output.WriteLine($"{"scenes",8} {"query scenes",13} {"threads",8} {"scan best",10} {"median",8} {"GB/s",6} {"sum best",10} {"median",8} {"GB/s",6} {"scan/sum",9}");
        foreach (var scenes in new[] { 1_000, 10_000, 100_000 })
        {
            var vectors = Fill(scenes);
            foreach (var queryScenes in new[] { 1, 6, 60 })
                Measure(output, vectors, scenes, queryScenes);
        }
    }

    private static void Measure(TextWriter output, SceneVectors vectors, int scenes, int queryScenes)
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
        output.WriteLine($"{scenes,8} {queryScenes,13} {threads,8} {scan[0],10:0.000} {scan[Runs / 2],8:0.000} {megabytes / scan[0],6:0.0} "
            + $"{sum[0],10:0.000} {sum[Runs / 2],8:0.000} {megabytes / sum[0],6:0.0} {scan[Runs / 2] / sum[Runs / 2],9:0.00}");
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

    private static float[] UnitVector(Random random)
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
