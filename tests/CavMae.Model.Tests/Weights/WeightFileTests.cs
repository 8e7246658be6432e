using CavMae.Checkpoints;
using CavMae.Model.Tests.Support;
using CavMae.Tests.Shared;
using TorchSharp;
using static TorchSharp.torch;

namespace CavMae.Model.Tests.Weights;

/// <summary>Weights that go into files and come back, and what a file tells of a model.</summary>
public sealed class WeightFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Load_ZipAndLegacyFormat_GiveTheSameModel()
    {
        using TinyModel zip = new("tiny.pth"), legacy = new("tiny_legacy.pth");
        Same.Bits(SmallModel.Values(zip.Model), SmallModel.Values(legacy.Model));
    }

    [Theory]
    [InlineData(0, 3)]
    [InlineData(1, 1)]
    [InlineData(2, 0)]
    public void SaveAndLoad_AnySplit_ChangesNoBit(int modalityDepth, int sharedDepth)
    {
        CavMaeOptions options = SmallModel.Options(modalityDepth, sharedDepth);
        using CavMaeModel saved = SmallModel.Create(options, seed: 1), loaded = SmallModel.Create(options, seed: 2);
        SetOddNumbers(saved);
        Dictionary<string, float[]> values = SmallModel.Values(saved);

        CavMaeWeights.Save(saved, folder.File("model.safetensors"), new Dictionary<string, string> { ["epoch"] = "3" });
        using (var checkpoint = Checkpoint.Open(folder.File("model.safetensors")))
            CavMaeWeights.Load(loaded, checkpoint);

        Same.Bits(values, SmallModel.Values(loaded));
        Same.Bits(values, SmallModel.Values(saved));
        using var file = SafeTensors.Open(folder.File("model.safetensors"));
        Assert.Equal("3", file.Metadata["epoch"]);
    }

    [Fact]
    public void Save_SameModelTwice_WritesTheSameBytes()
    {
        using CavMaeModel model = SmallModel.Create(SmallModel.Options());
        CavMaeWeights.Save(model, folder.File("first"));
        CavMaeWeights.Save(model, folder.File("second"));
        Assert.Equal(File.ReadAllBytes(folder.File("first")), File.ReadAllBytes(folder.File("second")));
        Assert.Equal(["first", "second"], Directory.GetFiles(folder.FullPath).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void Load_TrainingModel_KeepsWhatTrains()
    {
        using CavMaeModel model = SmallModel.Create(SmallModel.Options());
        CavMaeWeights.Save(model, folder.File("model.safetensors"));
        using (var checkpoint = Checkpoint.Open(folder.File("model.safetensors")))
            CavMaeWeights.Load(model, checkpoint);
        Assert.All(model.named_parameters(), named => Assert.Equal(!named.name.Contains("pos_embed", StringComparison.Ordinal), named.parameter.requires_grad));
    }

    [Fact]
    public void FindOptions_RecordedCheckpoint_FindsItsSizes()
    {
        using var checkpoint = Checkpoint.Open(Fixtures.Golden("tiny.pth"));
        Assert.Equal(TinyModel.Options, CavMaeWeights.FindOptions(checkpoint, TinyModel.Options.Heads, TinyModel.Options.DecoderHeads));
    }

    [Theory]
    [InlineData(0, 3, 1)]
    [InlineData(1, 2, 0)]
    [InlineData(3, 0, 2)]
    public void FindOptions_SavedModel_FindsItsSizes(int modalityDepth, int sharedDepth, int decoderDepth)
    {
        CavMaeOptions options = SmallModel.Options(modalityDepth, sharedDepth) with { DecoderDepth = decoderDepth, DecoderEmbedDim = 12, DecoderHeads = 3 };
        using Checkpoint checkpoint = Saved(options);
        Assert.Equal(options, CavMaeWeights.FindOptions(checkpoint, heads: 2, decoderHeads: 3));
    }

    [Fact]
    public void FindOptions_UsualHeadWidths_GuessesHeads()
    {
        CavMaeOptions options = SmallModel.Options() with { EmbedDim = 128, Heads = 2, DecoderEmbedDim = 96, DecoderHeads = 3 };
        using Checkpoint checkpoint = Saved(options);
        Assert.Equal(options, CavMaeWeights.FindOptions(checkpoint));
    }

    [Fact]
    public void FindOptions_HeadsThatCannotBeGuessed_AsksForThem()
    {
        using CavMaeModel model = new(SmallModel.Options());
        string path = folder.File("silent.safetensors");
        SafeTensorsWriter.Write(path, [.. model.named_parameters().Select(named => CavMaeWeights.ToWrite(named.name, named.parameter))]);
        using Checkpoint checkpoint = Checkpoint.Open(path);
        CheckpointException problem = Assert.Throws<CheckpointException>(() => CavMaeWeights.FindOptions(checkpoint));
        Assert.Contains("8 of the encoder", problem.Message, StringComparison.Ordinal);
        problem = Assert.Throws<CheckpointException>(() => CavMaeWeights.FindOptions(checkpoint, heads: 2));
        Assert.Contains("8 of the decoder", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FindOptions_SavedModel_KnowsItsHeads()
    {
        CavMaeOptions options = SmallModel.Options() with { EmbedDim = 128, Heads = 8, DecoderEmbedDim = 96, DecoderHeads = 6 };
        using Checkpoint checkpoint = Saved(options);
        Assert.Equal(options, CavMaeWeights.FindOptions(checkpoint));
    }

    [Fact]
    public void Load_OtherHeads_IsRefused()
    {
        using Checkpoint checkpoint = Saved(SmallModel.Options());
        using CavMaeModel model = new(SmallModel.Options() with { Heads = 4 });
        CheckpointException problem = Assert.Throws<CheckpointException>(() => CavMaeWeights.Load(model, checkpoint));
        Assert.Contains("2 + 2 attention heads", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3, "Heads is 3")]
    [InlineData(0, "Heads is 0")]
    [InlineData(-2, "Heads is -2")]
    public void FindOptions_HeadsThatDoNotDivideTheWidth_NamesThem(int heads, string expected)
    {
        using Checkpoint checkpoint = Saved(SmallModel.Options());
        CheckpointException problem = Assert.Throws<CheckpointException>(() => CavMaeWeights.FindOptions(checkpoint, heads, decoderHeads: 2));
        Assert.Contains(expected, problem.Message, StringComparison.Ordinal);
    }

    private Checkpoint Saved(CavMaeOptions options)
    {
        using CavMaeModel model = new(options);
        CavMaeWeights.Save(model, folder.File("model.safetensors"));
        return Checkpoint.Open(folder.File("model.safetensors"));
    }

    /// <summary>Numbers that a way through text or arithmetic would not bring back.</summary>
    private static void SetOddNumbers(CavMaeModel model)
    {
        float[] odd = [-0f, float.Epsilon, -float.MaxValue, float.NaN, float.PositiveInfinity, float.NegativeInfinity, 0.1f, 1 / 3f];
        using DisposeScope scope = NewDisposeScope();
        using var noGradient = no_grad();
        model.named_parameters().First(named => named.name == "norm_a.bias").parameter.copy_(tensor(odd));
    }
}
