using CavMae.Checkpoints;
using CavMae.Export.Onnx;
using static CavMae.Export.Graphs.GraphBuilder;

namespace CavMae.Export.Graphs;

/// <summary>Which part of an encoder a graph holds. Bundles hold the whole; the parts let tests compare stage by stage.</summary>
internal enum GraphPart
{
    /// <summary>Raw media in, unit vectors out.</summary>
    Whole,

    /// <summary>Waveform in, log-mel energies before normalising out: <c>log_mel</c> [batch, 128, 1024].</summary>
    LogMelOnly,

    /// <summary>Normalised features in (<c>features</c>: [batch, 128, 1024] or [batch, 3, 224, 224]), unit vectors and the last tokens (<c>tokens</c>) out.</summary>
    AfterFrontEnd,
}

/// <summary>
/// One modality's encoder as a graph (CAV-MAE, arXiv 2210.07839, section 3; retrieval path): patches + positions + modality
/// vector → own blocks → shared blocks with this modality's norms → norm → mean over tokens → L2.
/// </summary>
internal sealed class EncoderGraph
{
    private const float NormEpsilon = 1e-5f;
    private const float SmallestLength = 1e-12f;

    private readonly GraphBuilder graph;
    private readonly CheckpointWeights weights;
    private readonly EncoderSizes sizes;
    private readonly Modality modality;

    private EncoderGraph(GraphBuilder graph, Checkpoint checkpoint, EncoderSizes sizes, Modality modality, ExportPrecision precision)
    {
        this.graph = graph;
        weights = new CheckpointWeights(checkpoint, graph, precision);
        this.sizes = sizes;
        this.modality = modality;
    }

    public static GraphBuilder Build(Checkpoint checkpoint, EncoderSizes sizes, Modality modality, GraphPart part = GraphPart.Whole, ExportPrecision precision = ExportPrecision.Fp32)
    {
        GraphBuilder graph = new(modality == Modality.Audio ? "cav_mae_audio" : "cav_mae_visual");
        new EncoderGraph(graph, checkpoint, sizes, modality, precision).Build(part);
        return graph;
    }

    private void Build(GraphPart part)
    {
        if (part == GraphPart.LogMelOnly)
        {
            graph.Output("log_mel", AudioFrontEnd.LogMel(graph), AudioFrontEnd.MelBins, AudioFrontEnd.Frames);
            return;
        }
        string tokens = Embed(Features(part));
        for (int i = 0; i < sizes.ModalityBlocks; i++)
            tokens = Block(tokens, $"blocks_{modality.Letter}.{i}", normSuffix: "");
        for (int i = 0; i < sizes.SharedBlocks; i++)
            tokens = Block(tokens, $"blocks_u.{i}", normSuffix: $"_{modality.Letter}");
        tokens = Norm(tokens, $"norm_{modality.Letter}");
        graph.Output("embedding", Pool(tokens), sizes.EmbedDim);
        if (part == GraphPart.AfterFrontEnd)
            graph.Output("tokens", tokens, modality.Tokens, sizes.EmbedDim);
    }

    /// <summary>[batch, channels, height, width]; a spectrogram is one channel, mel bins down, frames across.</summary>
    private string Features(GraphPart part)
    {
        bool isWhole = part == GraphPart.Whole;
        if (modality == Modality.Visual)
        {
            return isWhole
                ? PictureFrontEnd.Planes(graph)
                : graph.Input("features", TensorProto.Types.DataType.Float, PictureFrontEnd.Channels, PictureFrontEnd.Side, PictureFrontEnd.Side);
        }
        string logMel = isWhole
            ? AudioFrontEnd.Normalize(graph, AudioFrontEnd.LogMel(graph))
            : graph.Input("features", TensorProto.Types.DataType.Float, AudioFrontEnd.MelBins, AudioFrontEnd.Frames);
        return graph.Node("Unsqueeze", "patches", [logMel, graph.Integers("axis_1", [1])]);
    }

    /// <summary>[batch, channels, height, width] → [batch, tokens, width]; tokens row by row (mel bands first for sound).</summary>
    private string Embed(string features)
    {
        string name = $"patch_embed_{modality.Letter}.proj";
        string grid = graph.Node("Conv", "patches", [features, weights.Matrix($"{name}.weight"), weights.Plain($"{name}.bias")],
            Attribute("kernel_shape", [EncoderSizes.PatchSize, EncoderSizes.PatchSize]), Attribute("strides", [EncoderSizes.PatchSize, EncoderSizes.PatchSize]));
        string flat = graph.Node("Reshape", "patches", [grid, graph.Integers("patches.shape", [0, sizes.EmbedDim, modality.Tokens])]);
        string tokens = graph.Node("Transpose", "patches", [flat], Attribute("perm", [0, 2, 1]));
        string places = weights.Sum("positions", $"pos_embed_{modality.Letter}", $"modality_{modality.Letter}");
        return graph.Node("Add", "patches", [tokens, places]);
    }

    /// <summary>
    /// Pre-norm: x += attention(norm1(x)); x += mlp(norm2(x)). A branch's own blocks take their plain norms; the shared blocks
    /// take the modality's. (The recorded features of the published implementation fit this and no other choice.)
    /// </summary>
    private string Block(string tokens, string block, string normSuffix)
    {
        string attended = Attention(Norm(tokens, $"{block}.norm1{normSuffix}"), $"{block}.attn");
        string middle = graph.Node("Add", block, [tokens, attended]);
        string transformed = Mlp(Norm(middle, $"{block}.norm2{normSuffix}"), $"{block}.mlp");
        return graph.Node("Add", block, [middle, transformed]);
    }

    private string Attention(string tokens, string place)
    {
        string query = Head(tokens, place, "query", third: 0, [0, 2, 1, 3]);
        string key = Head(tokens, place, "key", third: 1, [0, 2, 3, 1]);
        string value = Head(tokens, place, "value", third: 2, [0, 2, 1, 3]);
        string scale = graph.Scalar("attention.scale", (float)(1 / Math.Sqrt(sizes.HeadDim)));
        string scores = graph.Node("Mul", place, [graph.Node("MatMul", place, [query, key]), scale]);
        string shares = graph.Node("Softmax", place, [scores], Attribute("axis", -1L));
        string mixed = graph.Node("Transpose", place, [graph.Node("MatMul", place, [shares, value])], Attribute("perm", [0, 2, 1, 3]));
        string joined = graph.Node("Reshape", place, [mixed, graph.Integers("attention.joined", [0, 0, sizes.EmbedDim])]);
        return Linear(joined, $"{place}.proj");
    }

    /// <summary>One third of the joint query-key-value layer, split into heads: [batch, heads, tokens, head width] by <paramref name="order"/>.</summary>
    private string Head(string tokens, string place, string role, int third, long[] order)
    {
        int width = sizes.EmbedDim;
        string weight = weights.Transposed($"{place}.{role}.weight", $"{place}.qkv.weight", third * width, width);
        string bias = weights.Slice($"{place}.{role}.bias", $"{place}.qkv.bias", third * width, width);
        string all = graph.Node("Add", $"{place}.{role}", [graph.Node("MatMul", $"{place}.{role}", [tokens, weight]), bias]);
        string split = graph.Node("Reshape", $"{place}.{role}", [all, graph.Integers("attention.heads", [0, 0, sizes.Heads, sizes.HeadDim])]);
        return graph.Node("Transpose", $"{place}.{role}", [split], Attribute("perm", order));
    }

    private string Mlp(string tokens, string place) =>
        Linear(Gelu(Linear(tokens, $"{place}.fc1", sizes.MlpWidth), place), $"{place}.fc2");

    /// <summary>0.5 x (1 + erf(x / √2)), in the order that runtimes recognise and fuse.</summary>
    private string Gelu(string x, string place)
    {
        string scaled = graph.Node("Div", place, [x, graph.Scalar("sqrt_2", (float)Math.Sqrt(2))]);
        string plusOne = graph.Node("Add", place, [graph.Node("Erf", place, [scaled]), graph.Scalar("one", 1)]);
        return graph.Node("Mul", place, [graph.Node("Mul", place, [x, plusOne]), graph.Scalar("half", 0.5f)]);
    }

    private string Linear(string x, string layer, int? outputs = null)
    {
        string weight = weights.Transposed($"{layer}.weight", $"{layer}.weight", firstRow: 0, outputs ?? sizes.EmbedDim);
        return graph.Node("Add", layer, [graph.Node("MatMul", layer, [x, weight]), weights.Plain($"{layer}.bias")]);
    }

    private string Norm(string x, string norm) => graph.Node(
        "LayerNormalization", norm, [x, weights.Plain($"{norm}.weight"), weights.Plain($"{norm}.bias")],
        Attribute("axis", -1L), Attribute("epsilon", NormEpsilon));

    private string Pool(string tokens)
    {
        string mean = graph.Node("ReduceMean", "pool", [tokens], Attribute("axes", [1]), Attribute("keepdims", 0L));
        string length = graph.Node("ReduceL2", "pool", [mean], Attribute("axes", [-1]), Attribute("keepdims", 1L));
        string safe = graph.Node("Max", "pool", [length, graph.Scalar("pool.smallest", SmallestLength)]);
        return graph.Node("Div", "pool", [mean, safe]);
    }
}
