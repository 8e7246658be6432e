using CavMae.Model;
using CavMae.Tests.Shared;
using CavMae.Training.Commands;
using CavMae.Training.Engine;

namespace CavMae.Training.Tests.Engine;

public sealed class RecipeTests
{
    [Theory]
    [InlineData("base", 48, 5e-5)]
    [InlineData("scale+", 108, 1e-4)]
    [InlineData("scale++", 256, 2e-4)]
    public void Find_Published_HasThePapersNumbers(string name, int batchSize, double learningRate)
    {
        TrainingOptions recipe = Recipes.Find(name);
        recipe.Validate();
        Assert.Equal((batchSize, learningRate, 0.95, 0.999, 5e-7, 25), (recipe.BatchSize, recipe.LearningRate, recipe.Beta1, recipe.Beta2, recipe.WeightDecay, recipe.Epochs));
        Assert.Equal((768, 12, 11, 0.75, 1.0, 0.01, true), (recipe.Model.EmbedDim, recipe.Model.Depth, recipe.Model.ModalityDepth, recipe.Objective.AudioMaskRatio, recipe.Objective.MaeWeight, recipe.Objective.ContrastiveWeight, recipe.Objective.NormalizeTargets));
    }

    [Fact]
    public void ToJson_ReadBack_IsTheSame()
    {
        using TemporaryFolder folder = new();
        foreach (TrainingOptions recipe in Recipes.All.Values)
        {
            File.WriteAllText(folder.File("recipe.json"), recipe.ToJson());
            Assert.Equal(recipe.ToJson(), Recipes.Find(folder.File("recipe.json")).ToJson());
        }
    }

    [Theory]
    [InlineData("""{ "epoch": 3 }""", "epoch")]
    [InlineData("""{ "epochs": "many" }""", "epochs")]
    [InlineData("""{ "epochs": 3""", "no recipe")]
    [InlineData("""{ "model": null }""", "model")]
    public void Read_NoRecipe_SaysWhere(string json, string named)
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.File("recipe.json"), json);
        Assert.Contains(named, Assert.Throws<TrainingException>(() => TrainingOptions.Read(folder.File("recipe.json"))).Message, StringComparison.Ordinal);
    }

    public static TheoryData<TrainingOptions, string> Wrong => new()
    {
        { TinyRun.Options with { BatchSize = 1 }, "BatchSize is 1" },
        { TinyRun.Options with { LearningRate = 0 }, "LearningRate is 0" },
        { TinyRun.Options with { Beta2 = 1 }, "Beta2 is 1" },
        { TinyRun.Options with { Model = TinyRun.Options.Model with { Heads = 3 } }, "Heads is 3" },
        { TinyRun.Options with { Objective = new ObjectiveOptions { AudioMaskRatio = 1 } }, "AudioMaskRatio is 1" },
        { TinyRun.Options with { Precision = (ComputePrecision)7 }, "Precision is 7" },
        { TinyRun.Options with { StopAfterEpoch = 3 }, "StopAfterEpoch is 3" },
        { TinyRun.Options with { Schedule = new ScheduleOptions { WarmupUpdates = -1 } }, "WarmupUpdates is -1" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Validate_ValueOutOfRange_NamesIt(TrainingOptions options, string named) =>
        Assert.Contains(named, Assert.Throws<TrainingException>(options.Validate).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("train", "--data", "synthetic", "--recipe", "unknown", "--out", "OUT")]
    [InlineData("train", "--data", "missing.json", "--recipe", "demo", "--out", "OUT")]
    [InlineData("train", "--data", "synthetic", "--recipe", "demo", "--start", "missing.pth", "--out", "OUT")]
    [InlineData("train", "--data", "synthetic", "--device", "tpu", "--out", "OUT")]
    [InlineData("train", "--data", "synthetic", "--threads", "0", "--out", "OUT")]
    [InlineData("train", "--data", "synthetic", "--max-minutes", "NaN", "--out", "OUT")]
    [InlineData("train", "--data", "synthetic", "--start", "a.pth", "--imagenet", "b.pth", "--out", "OUT")]
    [InlineData("synth", "--out", "/dev/null/clips")]
    [InlineData("recipe", "unknown")]
    public async Task Command_BadUse_FailsWithAReasonAndMakesNoRun(params string[] arguments)
    {
        using TemporaryFolder folder = new();
        using StringWriter output = new(), error = new();

        int code = await CommandLine.RunAsync([.. arguments.Select(argument => argument == "OUT" ? folder.File("run") : argument)], output, error, TestContext.Current.CancellationToken);

        Assert.Equal(1, code);
        Assert.NotEmpty(error.ToString());
        Assert.False(Directory.Exists(folder.File("run")));
    }

    [Fact]
    public async Task Command_NoEpochsOfARecipeThatStopsEarly_SavesTheInitialWeights()
    {
        using TemporaryFolder folder = new();
        using StringWriter output = new(), error = new();

        int code = await CommandLine.RunAsync(["train", "--data", "synthetic", "--recipe", "demo", "--epochs", "0", "--out", folder.File("run")], output, error, TestContext.Current.CancellationToken);

        Assert.True(code == 0, error.ToString());
        Assert.True(File.Exists(Path.Combine(folder.File("run"), "best.safetensors")));
    }
}
