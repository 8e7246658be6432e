using System.Globalization;
using System.Text.Json;
using CavMae.Retrieval.Cli.Commands;
using CavMae.Synthetic;
using CavMae.Tests.Shared;

namespace CavMae.Retrieval.Cli.Tests;

/// <summary>The model that comes with the project finds, in files and the whole way through the service's parts, what it never was trained on.</summary>
public sealed class DemoModelTests
{
    private const int Clips = 24;
    private const int Seed = 3;

    // Guessing finds 1 in 24. The model finds far more than half; the least that is asked for leaves room for another ffmpeg and processor.
    private const double LeastRecallAt1 = 0.5;

    private static readonly string ModelFolder = Path.Combine(Fixtures.RepositoryRoot, "models", "demo");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Evaluate_HeldOutClips_FindsMostPartnersInBothDirections()
    {
        Assert.SkipUnless(File.Exists(Path.Combine(ModelFolder, "model.json")), "there is no models/demo in this checkout");
        using TemporaryFolder folder = new();
        await Parallel.ForAsync(0, Clips, Cancellation, async (index, stop) => await SyntheticClip
            .Create(SyntheticSplit.HeldOut, Seed, index)
            .WriteMp4Async(folder.File(string.Create(CultureInfo.InvariantCulture, $"{index:00}.mp4")), stop));
        using StringWriter output = new(), error = new();

        int code = await CommandLine.RunAsync(["evaluate", folder.FullPath, "--json", "--model", ModelFolder], output, error, Cancellation);

        Assert.True(code == 0, error.ToString());
        JsonElement answer = JsonDocument.Parse(output.ToString()).RootElement;
        Assert.True(answer.GetProperty("trained").GetBoolean());
        Assert.Equal(Clips, answer.GetProperty("pairs").GetInt32());
        foreach (string direction in (string[])["audioToVideo", "videoToAudio"])
        {
            double recall = answer.GetProperty(direction).GetProperty("recallAt1").GetDouble();
            Assert.True(recall >= LeastRecallAt1, $"{direction}: R@1 is {recall:F3}\n{output}");
        }
    }
}
