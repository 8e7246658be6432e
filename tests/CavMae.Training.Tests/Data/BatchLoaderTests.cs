using CavMae.Training.Data;

namespace CavMae.Training.Tests.Data;

public sealed class BatchLoaderTests
{
    private static readonly BatchLoaderOptions Options = new() { BatchSize = 4, Workers = 3, Seed = 7, MaxUnreadableShare = 0.5 };

    [Fact]
    public void Read_WholeEpoch_GivesEverySampleOnceInTheEpochsOrder()
    {
        using BatchLoader loader = new(new NumberedSource(10), Options);

        int[][] batches = Indices(Batches(loader, 2));

        Assert.Equal([4, 4, 2], batches.Select(batch => batch.Length));
        Assert.Equal(loader.Order(2), batches.SelectMany(batch => batch));
        Assert.Equal(Enumerable.Range(0, 10), batches.SelectMany(batch => batch).Order());
        Assert.Equal(3, loader.BatchCount(2));
    }

    [Fact]
    public void Read_AnyThreadsAndAhead_GivesTheSame()
    {
        using BatchLoader one = new(new NumberedSource(13), Options with { Workers = 1, BatchesAhead = 1 });
        using BatchLoader many = new(new NumberedSource(13), Options with { Workers = 5, BatchesAhead = 4 });
        Assert.Equal(Indices(Batches(one, 0)), Indices(Batches(many, 0)));
        Assert.NotEqual(one.Order(0), one.Order(1));
        using BatchLoader otherSeed = new(new NumberedSource(13), Options with { Seed = 8 });
        Assert.NotEqual(one.Order(0), otherSeed.Order(0));
    }

    [Fact]
    public void Read_FromTheMiddle_GivesTheSameBatchesUnreadableOnesIncluded()
    {
        using BatchLoader whole = new(new NumberedSource(22, 3, 4, 17), Options);
        using BatchLoader resumed = new(new NumberedSource(22, 3, 4, 17), Options);

        int[][] expected = Indices(Batches(whole, 1));

        for (int first = 0; first <= expected.Length; first++)
            Assert.Equal(expected[first..], Indices(Batches(resumed, 1, first)));
    }

    [Fact]
    public void Read_DropLast_LeavesOutWhatIsNotFull()
    {
        using BatchLoader loader = new(new NumberedSource(10), Options with { DropLast = true });
        Assert.Equal([4, 4], Indices(Batches(loader, 0)).Select(batch => batch.Length));
        Assert.Equal(2, loader.BatchCount(0));
    }

    [Fact]
    public void Read_GivenOrder_IsTaken()
    {
        using BatchLoader loader = new(new NumberedSource(10), Options with { OrderOfEpoch = epoch => [5, 5, epoch, 9, 0] });
        Assert.Equal([[5, 5, 3, 9], [0]], Indices(Batches(loader, 3)));
    }

    [Fact]
    public void Read_UnreadableSample_IsNamedAndReplacedFromBehindItsBatch()
    {
        using BatchLoader loader = new(new NumberedSource(10, 1, 5), Options with { Shuffle = false });

        // 1 is second of its batch: 5 is second behind the batch, unreadable itself, so 6 stands for it. 5 is second of its own: 9.
        Assert.Equal([[0, 6, 2, 3], [4, 9, 6, 7], [8, 9]], Indices(Batches(loader, 0)));

        Assert.Equal([new(0, 1, "sample-1", "file 1 is broken"), new(0, 5, "sample-5", "file 5 is broken")], loader.Unreadable.OrderBy(sample => sample.Index));
    }

    [Fact]
    public void Read_OrderWithRepeats_GivesEachItsOwnOccurrence()
    {
        using BatchLoader loader = new(new NumberedSource(10), Options with { OrderOfEpoch = _ => [5, 2, 5, 9, 5, 2] });
        Assert.Equal([[0, 0, 1, 0], [2, 1]], Occurrences(loader));
        using BatchLoader shuffled = new(new NumberedSource(10), Options);
        Assert.All(Occurrences(shuffled).SelectMany(batch => batch), occurrence => Assert.Equal(0, occurrence));
    }

    [Fact]
    public void Read_BadPartner_IsCountedOnceAndAnotherDrawn()
    {
        // 1 and 3 draw 7 at first, and 3 the second time; 5 draws nothing else.
        NumberedSource source = new(10) { BadPartner = (index, draw) => index is 5 || (index is 1 or 3 && draw < 10) || (index is 3 && draw < 20) ? 7 : null };
        using BatchLoader loader = new(source, Options with { Shuffle = false, MaxUnreadableShare = 0.1 });

        int[][] indices = Indices(Batches(loader, 0));

        Assert.Equal([[0, 1, 2, 3], [4, 9, 6, 7], [8, 9]], indices);
        Assert.Equal([[0, 10, 0, 20], [0, 0, 0, 0], [0, 0]], Occurrences(loader));
        Assert.All(loader.Unreadable, sample => Assert.Equal(new(0, 7, "sample-7", "file 7 is broken"), sample));
        Assert.Equal(2, loader.Unreadable.Count); // once in each of the two passes
    }

    [Fact]
    public void Read_TooManyUnreadable_StopsAndNamesThem()
    {
        using BatchLoader loader = new(new NumberedSource(100, [.. Enumerable.Range(40, 7)]), Options with { Shuffle = false, MaxUnreadableShare = 0.06, Workers = 1 });
        List<int> read = [];

        var problem = Assert.Throws<UnreadableSamplesException>(() => read.AddRange(Indices(Batches(loader, 0)).SelectMany(batch => batch)));

        Assert.StartsWith("7 of an epoch's 100 samples cannot be read (7.0%; at most 6.0% may be): sample-40: file 40 is broken; ", problem.Message, StringComparison.Ordinal);
        Assert.EndsWith("; …", problem.Message, StringComparison.Ordinal);
        Assert.IsType<SampleException>(problem.InnerException);
    }

    [Fact]
    public void Read_AllUnreadable_SaysSo()
    {
        using BatchLoader loader = new(new NumberedSource(3, 0, 1, 2), Options with { MaxUnreadableShare = 1 });
        Assert.Contains("None of the epoch's 3 samples", Assert.Throws<UnreadableSamplesException>(() => Indices(Batches(loader, 0))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_OtherExceptionInWorker_ReachesTheConsumerInItsTurn()
    {
        NumberedSource source = new(12) { Before = index => _ = index == 6 ? throw new InvalidOperationException("out of paper") : 0 };
        using BatchLoader loader = new(source, Options with { Shuffle = false });
        using IEnumerator<Batch> batches = Batches(loader, 0).GetEnumerator();

        Assert.True(batches.MoveNext());
        Assert.Equal("out of paper", Assert.Throws<InvalidOperationException>(() => batches.MoveNext()).Message);

        AssertEnded(source);
    }

    [Fact]
    public void Dispose_WhileWorkersRead_EndsThem()
    {
        NumberedSource source = new(1000);
        BatchLoader loader = new(source, Options);
        IEnumerator<Batch> batches = Batches(loader, 0).GetEnumerator();
        Assert.True(batches.MoveNext());

        loader.Dispose();

        AssertEnded(source);
        Assert.Throws<OperationCanceledException>(() => batches.MoveNext());
        Assert.Throws<ObjectDisposedException>(() => Batches(loader, 0));
    }

    [Fact]
    public void Read_LoopLeft_EndsTheWorkersAndAnotherPassMayBegin()
    {
        NumberedSource source = new(1000);
        using BatchLoader loader = new(source, Options);
        foreach (Batch batch in Batches(loader, 0))
        {
            batch.Dispose();
            Assert.Throws<InvalidOperationException>(() => Batches(loader, 1).First());
            break;
        }
        AssertEnded(source);
        Assert.Equal(loader.Order(1).Take(4), Indices(Batches(loader, 1).Take(1))[0]);
    }

    [Fact]
    public async Task Read_CancelledWhileWaiting_EndsAtOnce()
    {
        using CancellationTokenSource stop = new();
        using ManualResetEventSlim reading = new(), release = new();
        NumberedSource source = new(8) { Before = _ => { reading.Set(); release.Wait(TimeSpan.FromSeconds(30), CancellationToken.None); } };
        using BatchLoader loader = new(source, Options);
        var consumer = Task.Run(() => Assert.ThrowsAny<OperationCanceledException>(() => Indices(loader.Read(0, 0, stop.Token))), TestContext.Current.CancellationToken);
        reading.Wait(TestContext.Current.CancellationToken);

        await stop.CancelAsync();
        release.Set();
        await consumer;

        AssertEnded(source);
    }

    [Fact]
    public void Read_BatchesGivenBack_AreUsedAgain()
    {
        using BatchLoader loader = new(new NumberedSource(60), Options with { BatchesAhead = 2 });
        HashSet<float[]> arrays = [];
        foreach (Batch batch in Batches(loader, 0))
        {
            arrays.Add(batch.Spectrograms);
            batch.Dispose();
            batch.Dispose();
        }
        Assert.InRange(arrays.Count, 1, 3); // two ahead, one with the consumer
    }

    [Fact]
    public void WaitingShare_SlowSource_ShowsIt()
    {
        using BatchLoader loader = new(new NumberedSource(8) { Before = _ => Thread.Sleep(20) }, Options with { Workers = 1 });
        Assert.Equal(0, loader.WaitingShare);
        Indices(Batches(loader, 0));
        Assert.InRange(loader.WaitingShare, 0.5, 1);
        Assert.True(loader.WaitTime >= TimeSpan.FromMilliseconds(100), $"{loader.WaitTime}");
        Assert.True(loader.RunTime > TimeSpan.Zero);
    }

    [Fact]
    public void BatchLoader_BadOptions_AreRefused()
    {
        NumberedSource source = new(3);
        Assert.Contains("BatchSize", Assert.Throws<ArgumentOutOfRangeException>(() => new BatchLoader(source, Options with { BatchSize = 0 })).Message, StringComparison.Ordinal);
        Assert.Contains("MaxUnreadableShare", Assert.Throws<ArgumentOutOfRangeException>(() => new BatchLoader(source, Options with { MaxUnreadableShare = double.NaN })).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new BatchLoader(new NumberedSource(0), Options));
        using BatchLoader loader = new(source, Options);
        Assert.Throws<ArgumentOutOfRangeException>(() => Batches(loader, 0, 2));
    }

    private static void AssertEnded(NumberedSource source)
    {
        Assert.NotEmpty(source.Threads);
        Assert.All(source.Threads, thread => Assert.False(thread.IsAlive));
    }

    private static IEnumerable<Batch> Batches(BatchLoader loader, int epoch, int firstBatch = 0) =>
        loader.Read(epoch, firstBatch, TestContext.Current.CancellationToken);

    private static int[][] Occurrences(BatchLoader loader)
    {
        List<int[]> all = [];
        foreach (Batch batch in Batches(loader, 0))
        {
            all.Add([.. batch.Occurrences.Take(batch.Count)]);
            for (int i = 0; i < batch.Count; i++)
                Assert.Equal(batch.Occurrences[i], batch.Spectrograms[i * SampleSizes.SpectrogramLength + 1]);
            batch.Dispose();
        }
        return [.. all];
    }

    private static int[][] Indices(IEnumerable<Batch> batches)
    {
        List<int[]> all = [];
        foreach (Batch batch in batches)
        {
            for (int i = 0; i < batch.Count; i++)
            {
                Assert.Equal(batch.Indices[i], batch.Spectrograms[i * SampleSizes.SpectrogramLength]);
                Assert.Equal(batch.Indices[i], batch.Pictures[i * SampleSizes.PictureLength]);
                Assert.Equal(batch.Spectrograms[(i + 1) * SampleSizes.SpectrogramLength - 1], batch.Pictures[(i + 1) * SampleSizes.PictureLength - 1]);
            }
            all.Add([.. batch.Indices.Take(batch.Count)]);
            batch.Dispose();
        }
        return [.. all];
    }
}
