using System.Globalization;
using CavMae.Retrieval.Media;
using Microsoft.Extensions.Logging.Abstractions;

namespace CavMae.Retrieval.Tests.Media;

/// <summary>Whoever leaves early leaves nothing behind.</summary>
[Collection(nameof(ProcessCounting))]
public sealed class CancellationTests : MediaTestBase
{

    [Fact]
    public async Task DecodeAsync_Cancelled_LeavesNothing()
    {
        MediaDecoder decoder = Decoder();
        MediaSource source = await decoder.OpenAsync(LongClip(20), Cancel);
        using CancellationTokenSource cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancel);

        OperationCanceledException reason = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (Scene scene in decoder.DecodeAsync(source, MediaStreams.All, cancel.Token))
            {
                Assert.NotEmpty(Children());
                await cancel.CancelAsync();
            }
        });
        Assert.Equal(cancel.Token, reason.CancellationToken);
        AssertNothingLeft();
    }

    [Fact]
    public async Task DecodeAsync_LoopLeftEarly_LeavesNothing()
    {
        MediaDecoder decoder = Decoder();
        MediaSource source = await decoder.OpenAsync(LongClip(20), Cancel);
        await foreach (Scene scene in decoder.DecodeAsync(source, MediaStreams.All, Cancel))
            break;
        AssertNothingLeft();
    }

    [Fact]
    public async Task OpenAsync_Cancelled_LeavesNothing()
    {
        // ffprobe reads an hour of packets when it has just been started.
        string path = LongClip(60);
        MediaDecoder decoder = Decoder();
        using CancellationTokenSource cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        Task<MediaSource> opening = Task.Run(() => decoder.OpenAsync(path, cancel.Token), Cancel);
        while (Children().Length == 0 && !opening.IsCompleted)
            await Task.Yield();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => opening);
        AssertNothingLeft();
    }

    [Fact]
    public async Task DecodeAsync_MoreThanParallelism_WaitsAndCanBeCancelled()
    {
        MediaDecoder decoder = Decoder(options => options.Parallelism = 1);
        MediaSource source = await decoder.OpenAsync(Zoom, Cancel);
        await using IAsyncEnumerator<Scene> first = decoder.DecodeAsync(source, MediaStreams.All, Cancel).GetAsyncEnumerator(Cancel);
        Assert.True(await first.MoveNextAsync());

        using CancellationTokenSource cancel = new(TimeSpan.FromMilliseconds(200));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await decoder.DecodeAsync(source, MediaStreams.All, cancel.Token).ToListAsync(cancel.Token));
        await first.DisposeAsync();
        Assert.Single(await decoder.DecodeAsync(source, MediaStreams.All, Cancel).ToListAsync(Cancel));
    }

    [Fact]
    public async Task DecodeAsync_ManyAtOnce_EachGetsItsOwn()
    {
        MediaDecoder decoder = Decoder(options => options.Parallelism = 4);
        MediaSource source = await decoder.OpenAsync(Zoom, Cancel);
        List<Scene>[] all = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => decoder.DecodeAsync(source, MediaStreams.All, Cancel).ToListAsync(Cancel).AsTask()));
        Assert.All(all, scenes => Assert.Equal(all[0][0].Frames[0].Pixels.ToArray(), Assert.Single(scenes).Frames[0].Pixels.ToArray()));
        AssertNothingLeft();
    }

    [Fact]
    public void Constructor_FolderThatNobodyHolds_IsRemoved()
    {
        // Of a process with the same number (in a container all have) and of another one, both just made.
        string same = Directory.CreateTempSubdirectory(string.Create(CultureInfo.InvariantCulture, $"cavmae-media-{Environment.ProcessId}-")).FullName;
        string other = Directory.CreateTempSubdirectory("cavmae-media-1-").FullName;
        foreach (string name in new[] { "in-use", "filter", "frames" })
            File.WriteAllText(Path.Combine(other, name), "");
        Decoder();
        Assert.Equal((false, false), (Directory.Exists(same), Directory.Exists(other)));
    }

    [Fact]
    public void Constructor_FolderInUse_IsKept()
    {
        using (FrameSocket socket = FrameSocket.Open("null"))
        {
            Directory.SetLastWriteTimeUtc(Path.GetDirectoryName(socket.SocketPath)!, DateTime.UtcNow.AddHours(-1));
            Decoder();
            Assert.True(File.Exists(socket.FilterPath));
        }
        AssertNothingLeft();
    }

    [Fact]
    public async Task Dispose_WhileOthersStart_RemovesTheFolderAndDoesNotFail()
    {
        using CancellationTokenSource done = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        Task others = Task.Run(() =>
        {
            while (!done.IsCancellationRequested)
                FrameSocket.RemoveStale(NullLogger.Instance);
        }, Cancel);
        for (int i = 0; i < 2000; i++)
            FrameSocket.Open("null").Dispose();
        await done.CancelAsync();
        await others;
        AssertNothingLeft();
    }

    [Fact]
    [Trait("Duration", "Long")]
    public async Task DecodeAsync_AnHour_MemoryStaysFlat()
    {
        MediaDecoder decoder = Decoder();
        MediaSource source = await decoder.OpenAsync(LongClip(60), Cancel);
        int scenes = 0;
        long early = 0, late = 0;
        await foreach (Scene scene in decoder.DecodeAsync(source, MediaStreams.All, Cancel))
        {
            scenes++;
            Assert.NotNull(scene.Audio);
            Assert.Single(scene.Frames);
            if (scenes is 30 or 350)
                (early, late) = (scenes == 30 ? GC.GetTotalMemory(forceFullCollection: true) : early, GC.GetTotalMemory(forceFullCollection: true));
        }
        Assert.InRange(scenes, 359, 361);
        // What the queues may hold (30 MB) at either time, whatever the length.
        Assert.InRange(late - early, -30_000_000, 30_000_000);
    }
}
