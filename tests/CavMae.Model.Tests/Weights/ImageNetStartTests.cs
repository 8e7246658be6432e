using CavMae.Checkpoints;
using CavMae.Model.Tests.Support;
using CavMae.Tests.Shared;

namespace CavMae.Model.Tests.Weights;

/// <summary>Every rule by which a CAV-MAE starts from an image MAE, on a small synthetic one of three blocks.</summary>
public sealed class ImageNetStartTests : IDisposable
{
    private static readonly string[] Layers = ["attn.qkv", "attn.proj", "mlp.fc1", "mlp.fc2"];
    private static readonly string[] Norms = ["norm1", "norm2"];
    private static readonly string[] Pairs = ["", "_a", "_v"];
    private static readonly string[] Parts = ["weight", "bias"];

    private readonly TemporaryFolder folder = new();
    private readonly ImageMae source = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(2)] // as the paper's 11 + 1
    [InlineData(1)]
    [InlineData(0)]
    [InlineData(3)]
    public void Load_AnySplit_FollowsEveryRule(int modalityDepth)
    {
        using CavMaeModel model = SmallModel.Create(SmallModel.Options(modalityDepth, ImageMae.Depth - modalityDepth));
        Dictionary<string, float[]> expected = Expected(SmallModel.Values(model), modalityDepth);

        using Checkpoint checkpoint = source.Write(folder.File("image.pth"));
        IReadOnlyList<string> kept = ImageNetStart.Load(model, checkpoint);

        Same.Bits(expected, SmallModel.Values(model));
        Assert.Equal(
            ["decoder_modality_a", "decoder_modality_v", "decoder_pos_embed_a", "modality_a", "modality_v", "pos_embed_a"],
            kept.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Load_EveryTensorButTheClassToken_IsNeeded()
    {
        CavMaeOptions options = SmallModel.Options(ImageMae.Depth - 1);
        using CavMaeModel model = SmallModel.Create(options);
        Dictionary<string, float[]> before = SmallModel.Values(model);
        foreach (string name in source.Names)
        {
            ImageMae incomplete = new();
            incomplete.Remove(name);
            using Checkpoint checkpoint = incomplete.Write(folder.File(name));
            Exception? problem = Record.Exception(() => ImageNetStart.Load(model, checkpoint));
            if (name == "cls_token")
            {
                Assert.Null(problem);
                SmallModel.Perturb(model, seed: 3);
                before = SmallModel.Values(model);
                continue;
            }
            Assert.Contains($"Missing (1): {name}.", Assert.IsType<CheckpointException>(problem).Message, StringComparison.Ordinal);
            Same.Bits(before, SmallModel.Values(model));
        }
    }

    [Theory]
    [InlineData("pos_embed", new long[] { 1, 196, 8 })] // without class token
    [InlineData("pos_embed", new long[] { 8 })]
    [InlineData("decoder_pos_embed", new long[] { 1, 197, 4 })]
    [InlineData("patch_embed.proj.weight", new long[] { 8, 1, 16, 16 })]
    [InlineData("patch_embed.proj.weight", new long[] { 8, 3, 14, 14 })]
    [InlineData("decoder_pred.weight", new long[] { 100, 8 })]
    [InlineData("decoder_pred.weight", new long[] { 8, 768 })] // as many numbers, the other way
    [InlineData("decoder_pred.bias", new long[] { 256 })]
    [InlineData("blocks.2.attn.qkv.weight", new long[] { 8, 24 })]
    [InlineData("blocks.0.mlp.fc1.weight", new long[] { 0, 8 })]
    [InlineData("mask_token", new long[] { 8 })]
    [InlineData("norm.weight", new long[] { })]
    public void Load_MisshapedTensor_IsNamedAndChangesNothing(string name, long[] shape)
    {
        using CavMaeModel model = SmallModel.Create(SmallModel.Options(ImageMae.Depth - 1));
        Dictionary<string, float[]> before = SmallModel.Values(model);
        source.Reshape(name, shape);
        using Checkpoint checkpoint = source.Write(folder.File("image.pth"));

        CheckpointException problem = Assert.Throws<CheckpointException>(() => ImageNetStart.Load(model, checkpoint));

        Assert.Contains($"Mis-shaped (1): {name} [{string.Join(", ", shape)}] instead of [", problem.Message, StringComparison.Ordinal);
        Same.Bits(before, SmallModel.Values(model));
    }

    [Fact]
    public void Load_DeeperModel_NamesTheMissingBlock()
    {
        using CavMaeModel model = SmallModel.Create(SmallModel.Options(ImageMae.Depth));
        using Checkpoint checkpoint = source.Write(folder.File("image.pth"));
        CheckpointException problem = Assert.Throws<CheckpointException>(() => ImageNetStart.Load(model, checkpoint));
        Assert.Contains("blocks.3.attn.qkv.weight", problem.Message, StringComparison.Ordinal);
    }

    /// <summary>The rules, one by one.</summary>
    private Dictionary<string, float[]> Expected(Dictionary<string, float[]> initial, int modalityDepth)
    {
        Dictionary<string, float[]> expected = new(initial);
        for (int block = 0; block < ImageMae.Depth; block++)
        {
            if (block < modalityDepth)
            {
                SetBlock(expected, $"blocks_a.{block}", $"blocks.{block}");
                SetBlock(expected, $"blocks_v.{block}", $"blocks.{block}");
            }
            else
            {
                SetBlock(expected, $"blocks_u.{block - modalityDepth}", $"blocks.{block}");
            }
        }
        SetBlock(expected, "decoder_blocks.0", "decoder_blocks.0");
        foreach (string part in Parts)
        {
            foreach (string pair in Pairs)
                expected[$"norm{pair}.{part}"] = source[$"norm.{part}"];
            expected[$"decoder_embed.{part}"] = source[$"decoder_embed.{part}"];
            expected[$"decoder_norm.{part}"] = source[$"decoder_norm.{part}"];
            expected[$"decoder_pred_v.{part}"] = source[$"decoder_pred.{part}"];
            expected[$"patch_embed_v.proj.{part}"] = source[$"patch_embed.proj.{part}"];
        }
        expected["decoder_pred_a.weight"] = source["decoder_pred.weight"][..(256 * SmallModel.Width)];
        expected["decoder_pred_a.bias"] = source["decoder_pred.bias"][..256];
        expected["patch_embed_a.proj.bias"] = source["patch_embed.proj.bias"];
        expected["patch_embed_a.proj.weight"] = SumOfColours(source["patch_embed.proj.weight"]);
        expected["mask_token"] = source["mask_token"];
        expected["pos_embed_v"] = source["pos_embed"][SmallModel.Width..];
        expected["decoder_pos_embed_v"] = source["decoder_pos_embed"][SmallModel.Width..];
        Assert.Equal(initial.Count, expected.Count);
        return expected;
    }

    private void SetBlock(Dictionary<string, float[]> expected, string to, string from)
    {
        foreach (string part in Parts)
        {
            foreach (string layer in Layers)
                expected[$"{to}.{layer}.{part}"] = source[$"{from}.{layer}.{part}"];
            foreach (string norm in Norms)
            {
                foreach (string pair in Pairs)
                    expected[$"{to}.{norm}{pair}.{part}"] = source[$"{from}.{norm}.{part}"];
            }
        }
    }

    private static float[] SumOfColours(float[] weights)
    {
        var sum = new float[weights.Length / 3];
        for (int output = 0; output < SmallModel.Width; output++)
        {
            for (int place = 0; place < 256; place++)
                sum[output * 256 + place] = weights[(output * 3 + 0) * 256 + place] + weights[(output * 3 + 1) * 256 + place] + weights[(output * 3 + 2) * 256 + place];
        }
        return sum;
    }
}
