using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace CavMae.Model;

/// <summary>Which of a block's three pairs of norms are used.</summary>
public enum NormPair
{
    /// <summary>Both modalities together, or a modality in its own branch: the plain norms.</summary>
    Plain,

    /// <summary>Sound alone in a shared block: the <c>_a</c> norms.</summary>
    Audio,

    /// <summary>Pictures alone in a shared block: the <c>_v</c> norms.</summary>
    Visual,
}

/// <summary>
/// A pre-norm transformer block (section 4.1): x += attn(norm1(x)); x += mlp(norm2(x)), with a pair of norms for each stream.
/// Matrices are multiplied in the compute type, sums and norms stay float32.
/// </summary>
internal sealed class Block : nn.Module
{
#pragma warning disable IDE1006 // Fields are named as the checkpoints name their tensors.
    private readonly LayerNorm norm1, norm1_a, norm1_v, norm2, norm2_a, norm2_v;
    private readonly Attention attn;
    private readonly Mlp mlp;
#pragma warning restore IDE1006

    public Block(int width, int heads, int mlpRatio) : base(nameof(Block))
    {
        norm1 = nn.LayerNorm(width);
        norm1_a = nn.LayerNorm(width);
        norm1_v = nn.LayerNorm(width);
        attn = new Attention(width, heads);
        norm2 = nn.LayerNorm(width);
        norm2_a = nn.LayerNorm(width);
        norm2_v = nn.LayerNorm(width);
        mlp = new Mlp(width, mlpRatio * width);
        RegisterComponents();
    }

    /// <param name="tokens">[batch, tokens, width] float32.</param>
    public Tensor Forward(Tensor tokens, NormPair norms, ScalarType computeType)
    {
        using DisposeScope scope = NewDisposeScope();
        (LayerNorm first, LayerNorm second) = norms switch
        {
            NormPair.Audio => (norm1_a, norm2_a),
            NormPair.Visual => (norm1_v, norm2_v),
            _ => (norm1, norm2),
        };
        tokens = tokens + attn.Forward(first.forward(tokens), computeType).to_type(ScalarType.Float32);
        tokens = tokens + mlp.Forward(second.forward(tokens), computeType).to_type(ScalarType.Float32);
        return tokens.MoveToOuterDisposeScope();
    }
}

/// <summary>Multi-head self-attention by libtorch's fused kernel.</summary>
internal sealed class Attention : nn.Module
{
    private readonly Linear qkv, proj;
    private readonly int heads;

    public Attention(int width, int heads) : base(nameof(Attention))
    {
        this.heads = heads;
        qkv = nn.Linear(width, 3 * width);
        proj = nn.Linear(width, width);
        RegisterComponents();
    }

    public Tensor Forward(Tensor x, ScalarType computeType)
    {
        using DisposeScope scope = NewDisposeScope();
        long batch = x.shape[0], count = x.shape[1], width = x.shape[2];
        Tensor parts = qkv.In(computeType, x)
            .view(batch, count, 3, heads, width / heads)
            .permute(2, 0, 3, 1, 4); // [3, batch, heads, tokens, head width]
        Tensor mixed = nn.functional.scaled_dot_product_attention(parts[0], parts[1], parts[2]);
        return proj.In(computeType, mixed.transpose(1, 2).reshape(batch, count, width)).MoveToOuterDisposeScope();
    }
}

/// <summary>fc2(GELU(fc1(x))), GELU by erf.</summary>
internal sealed class Mlp : nn.Module
{
    private readonly Linear fc1, fc2;

    public Mlp(int width, int hidden) : base(nameof(Mlp))
    {
        fc1 = nn.Linear(width, hidden);
        fc2 = nn.Linear(hidden, width);
        RegisterComponents();
    }

    public Tensor Forward(Tensor x, ScalarType computeType)
    {
        using DisposeScope scope = NewDisposeScope();
        return fc2.In(computeType, nn.functional.gelu(fc1.In(computeType, x))).MoveToOuterDisposeScope();
    }
}

/// <summary>Mixed precision: weights are kept in float32 and cast where a matrix is multiplied; gradients come back in float32.</summary>
internal static class MixedPrecision
{
    public static Tensor In(this Linear linear, ScalarType computeType, Tensor x) => computeType == ScalarType.Float32
        ? linear.forward(x)
        : nn.functional.linear(x.to_type(computeType), linear.weight!.to_type(computeType), linear.bias?.to_type(computeType));
}
