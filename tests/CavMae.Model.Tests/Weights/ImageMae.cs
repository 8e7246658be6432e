using CavMae.Checkpoints;
using CavMae.Model.Tests.Support;

namespace CavMae.Model.Tests.Weights;

/// <summary>A small image MAE of random weights, under the names of its published checkpoints.</summary>
internal sealed class ImageMae
{
    public const int Depth = 3;
    private const int Width = SmallModel.Width, Hidden = 2 * Width, Tokens = 196, PatchLength = 768;
    private readonly Random random = new(5);
    private readonly Dictionary<string, (long[] Shape, float[] Values)> tensors = new(StringComparer.Ordinal);

    public ImageMae()
    {
        Add("cls_token", 1, 1, Width);
        Add("pos_embed", 1, 1 + Tokens, Width);
        Add("patch_embed.proj.weight", Width, 3, 16, 16);
        Add("patch_embed.proj.bias", Width);
        for (int i = 0; i < Depth; i++)
            AddBlock($"blocks.{i}");
        AddNorm("norm");
        Add("mask_token", 1, 1, Width);
        Add("decoder_pos_embed", 1, 1 + Tokens, Width);
        AddLinear("decoder_embed", Width, Width);
        AddBlock("decoder_blocks.0");
        AddNorm("decoder_norm");
        AddLinear("decoder_pred", PatchLength, Width);
    }

    /// <summary>Every tensor's name.</summary>
    public IEnumerable<string> Names => tensors.Keys;

    public float[] this[string name] => tensors[name].Values;

    public void Remove(string name) => Assert.True(tensors.Remove(name));

    public void Reshape(string name, params long[] shape) => tensors[name] = (shape, new float[shape.Aggregate(1L, (product, size) => product * size)]);

    public Checkpoint Write(string path)
    {
        CheckpointWriter.Write(path, [.. tensors.Select(tensor => new TensorToWrite(tensor.Key, tensor.Value.Shape, tensor.Value.Values.CopyTo))]);
        return Checkpoint.Open(path);
    }

    private void AddBlock(string name)
    {
        AddNorm($"{name}.norm1");
        AddLinear($"{name}.attn.qkv", 3 * Width, Width);
        AddLinear($"{name}.attn.proj", Width, Width);
        AddNorm($"{name}.norm2");
        AddLinear($"{name}.mlp.fc1", Hidden, Width);
        AddLinear($"{name}.mlp.fc2", Width, Hidden);
    }

    private void AddNorm(string name)
    {
        Add($"{name}.weight", Width);
        Add($"{name}.bias", Width);
    }

    private void AddLinear(string name, int rows, int columns)
    {
        Add($"{name}.weight", rows, columns);
        Add($"{name}.bias", rows);
    }

    private void Add(string name, params long[] shape) =>
        tensors.Add(name, (shape, SmallModel.Numbers(random, (int)shape.Aggregate(1L, (product, size) => product * size))));
}
