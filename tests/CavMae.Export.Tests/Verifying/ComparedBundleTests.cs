using CavMae.Export.Tests.Support;
using CavMae.Export.Verifying;

namespace CavMae.Export.Tests.Verifying;

public sealed class ComparedBundleTests(TinyModel tiny) : IClassFixture<TinyModel>
{
    [Fact]
    public async Task ExportAsync_Checkpoint_IsAnFp32BundleUntilDisposal()
    {
        ComparedBundle made = await ComparedBundle.ExportAsync(
            TinyModel.CheckpointPath, heads: null, TinyModel.Heads, new StepWatcher(_ => { }), TestContext.Current.CancellationToken);
        string folder = made.TemporaryFolder!;

        Assert.True(Directory.Exists(folder));
        Assert.Equal("tiny.pth", made.Title);
        Assert.Equal("fp32", made.Model.Precision);
        Assert.EndsWith(made.WeightsHash, tiny.Result.ModelId, StringComparison.Ordinal);
        await made.DisposeAsync();
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public async Task ExportAsync_Cancelled_LeavesNothing()
    {
        using CancellationTokenSource source = new();
        string? folder = null;
        StepWatcher watcher = new(step =>
        {
            if (step != "Writing visual.onnx")
                return;
            folder = Directory.GetDirectories(Path.GetTempPath(), "cavmae-verify-*").MaxBy(Directory.GetCreationTimeUtc);
            source.Cancel();
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            ComparedBundle.ExportAsync(TinyModel.CheckpointPath, TinyModel.Heads, usualHeads: null, watcher, source.Token));

        Assert.NotNull(folder);
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public void HeadsOf_Bundle_IsWhatItsManifestSays() => Assert.Equal(TinyModel.Heads, ComparedBundle.HeadsOf(tiny.Result.Folder));
}
