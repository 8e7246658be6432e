using CavMae.Export.Commands;
using CavMae.Export.Tests.Support;

namespace CavMae.Export.Tests.Commands;

/// <summary>The command's exit codes, and what it prints where.</summary>
public sealed class CommandLineTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly StringWriter output = new();
    private readonly StringWriter error = new();

    public void Dispose()
    {
        output.Dispose();
        error.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task Run_TinyCheckpoint_ExportsAndSaysWhere()
    {
        int code = await Run(TinyModel.CheckpointPath, "--out", folder.File("demo"), "--name", "demo", "--heads", "4", "--untrained");

        Assert.Equal(0, code);
        Assert.Contains("demo-fp32-", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("Writing audio.onnx", output.ToString(), StringComparison.Ordinal);
        Assert.Equal("", error.ToString());
        string manifest = await File.ReadAllTextAsync(folder.File("demo/model.json"), TestContext.Current.CancellationToken);
        Assert.Contains("\"trained\": false", manifest, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--out x --name n", "Required argument missing")]
    [InlineData("tiny.pth", "--out")]
    [InlineData("tiny.pth --out x", "--name")]
    [InlineData("tiny.pth --out x --name n --heads four", "four")]
    [InlineData("tiny.pth --out x --name n --what", "--what")]
    [InlineData("random", "--out")]
    public async Task Run_BadArguments_FailsAndNamesThem(string arguments, string named)
    {
        int code = await Run(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(1, code);
        Assert.Contains(named, error.ToString(), StringComparison.Ordinal);
        Assert.False(Directory.Exists("x"));
    }

    [Fact]
    public async Task Run_MissingCheckpoint_FailsOnStandardError()
    {
        int code = await Run(folder.File("none.pth"), "--out", folder.File("demo"), "--name", "demo");

        Assert.Equal(1, code);
        Assert.Contains("There is no checkpoint", error.ToString(), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.FullPath));
    }

    [Fact]
    public async Task Run_DamagedCheckpoint_FailsOnStandardErrorWithoutAStackTrace()
    {
        await File.WriteAllTextAsync(folder.File("words.pth"), "words, not weights", TestContext.Current.CancellationToken);

        int code = await Run(folder.File("words.pth"), "--out", folder.File("demo"), "--name", "demo");

        Assert.Equal(1, code);
        Assert.Contains("neither a PyTorch checkpoint", error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_NoHeadsForAWidthThatNeedsThem_NamesTheOption()
    {
        Assert.Equal(1, await Run(TinyModel.CheckpointPath, "--out", folder.File("demo"), "--name", "demo"));
        Assert.Contains("--heads", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_Cancelled_SaysSoAndLeavesNothing()
    {
        using CancellationTokenSource source = new();
        await source.CancelAsync();

        int code = await CommandLine.RunAsync(
            [TinyModel.CheckpointPath, "--out", folder.File("demo"), "--name", "demo", "--heads", "4"], output, error, source.Token);

        Assert.Equal(130, code);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.FullPath));
    }

    [Fact]
    public async Task Run_Help_ShowsExamples()
    {
        Assert.Equal(0, await Run("--help"));
        Assert.Contains("--heads 4 --untrained", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunRandom_SmallSizes_WritesACheckpointThatExports()
    {
        Assert.Equal(0, await Run("random", "--embed", "64", "--modality-blocks", "1", "--seed", "3", "--out", folder.File("random.pth")));
        Assert.Equal(0, await Run(folder.File("random.pth"), "--out", folder.File("demo"), "--name", "demo", "--untrained"));
    }

    [Fact]
    public async Task RunRandom_ExistingFile_IsNotOverwritten()
    {
        await File.WriteAllTextAsync(folder.File("mine.pth"), "mine", TestContext.Current.CancellationToken);

        Assert.Equal(1, await Run("random", "--embed", "64", "--out", folder.File("mine.pth")));
        Assert.Equal("mine", await File.ReadAllTextAsync(folder.File("mine.pth"), TestContext.Current.CancellationToken));
    }

    private Task<int> Run(params string[] arguments) =>
        CommandLine.RunAsync(arguments, output, error, TestContext.Current.CancellationToken);
}
