using System.Security.Cryptography;
using CavMae.Export.Tests.Support;

namespace CavMae.Export.Tests.Bundles;

/// <summary>How a bundle's folder is replaced, and what a failure leaves behind.</summary>
public sealed class BundleFolderTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private string Target => folder.File("bundle");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Export_OverABundle_ReplacesItWhole()
    {
        Export(TinyModel.Options(Target) with { Name = "old" });
        File.WriteAllText(Path.Combine(Target, "extra.onnx"), "of an older format");

        Export(TinyModel.Options(Target) with { Name = "new" });

        Assert.Contains("\"name\": \"new\"", File.ReadAllText(Path.Combine(Target, "model.json")), StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(Target, "extra.onnx")));
        AssertNothingElseLeft();
    }

    [Fact]
    public void Export_IntoAnEmptyFolder_IsAccepted()
    {
        Directory.CreateDirectory(Target);

        Assert.Equal(Target, Export(TinyModel.Options(Target + "/")).Folder);
        AssertNothingElseLeft();
    }

    [Theory]
    [InlineData("notes.txt")]
    [InlineData("model.json.bak")]
    public void Export_OverSomethingElse_IsRefusedAndLeavesItAlone(string file)
    {
        Directory.CreateDirectory(Target);
        File.WriteAllText(Path.Combine(Target, file), "mine");

        AssertRefused(TinyModel.Options(Target), file);
        Assert.Equal("mine", File.ReadAllText(Path.Combine(Target, file)));
        AssertNothingElseLeft();
    }

    [Fact]
    public void Export_OverABundleWithForeignFiles_IsRefused()
    {
        Export(TinyModel.Options(Target));
        File.WriteAllText(Path.Combine(Target, "notes.txt"), "mine");

        AssertRefused(TinyModel.Options(Target), "notes.txt");
    }

    [Fact]
    public void Export_OverAFile_IsRefused()
    {
        File.WriteAllText(Target, "a file");

        AssertRefused(TinyModel.Options(Target), "is a file");
    }

    [Fact]
    public void Export_WhileAnotherWritesThere_IsRefused()
    {
        using FileStream other = new(folder.File(".bundle.export-lock"), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);

        AssertRefused(TinyModel.Options(Target), "Another export");
    }

    [Fact]
    public void Export_AfterAKilledOne_ClearsItsLeftovers()
    {
        Directory.CreateDirectory(folder.File(".bundle.exporting"));
        File.WriteAllText(folder.File(".bundle.exporting/audio.onnx"), "half");

        Export(TinyModel.Options(Target));

        AssertNothingElseLeft();
    }

    [Fact]
    public void Export_Cancelled_LeavesTheOldBundleUntouched()
    {
        Export(TinyModel.Options(Target) with { Name = "old" });
        string before = Sha256(Path.Combine(Target, "model.json"));
        using CancellationTokenSource source = new();
        StepWatcher watcher = new(step =>
        {
            if (step == "Writing visual.onnx")
                source.Cancel();
        });

        Assert.ThrowsAny<OperationCanceledException>(() => BundleExporter.Export(TinyModel.Options(Target) with { Name = "new" }, watcher, source.Token));

        Assert.Equal(before, Sha256(Path.Combine(Target, "model.json")));
        AssertNothingElseLeft();
    }

    private static ExportResult Export(ExportOptions options) => BundleExporter.Export(options, null, TestContext.Current.CancellationToken);

    private static void AssertRefused(ExportOptions options, string reason) =>
        Assert.Contains(reason, Assert.Throws<ExportException>(() => Export(options)).Message, StringComparison.Ordinal);

    private void AssertNothingElseLeft() => Assert.Equal([Target], Directory.EnumerateFileSystemEntries(folder.FullPath));

    private static string Sha256(string path) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));
}
