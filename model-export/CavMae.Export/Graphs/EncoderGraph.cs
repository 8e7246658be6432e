using CavMae.Checkpoints;
using CavMae.Export.Graphs.Arithmetic;
using CavMae.Export.Onnx;
using static CavMae.Export.Graphs.GraphBuilder;

namespace CavMae.Export.Graphs;

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
    private readonly IArithmetic arithmetic;
    private readonly EncoderSizes sizes;
    private readonly Modality modality;
    private readonly bool isStandard;

    private EncoderGraph(GraphBuilder graph, Checkpoint checkpoint, EncoderSizes sizes, Modality modality, GraphOptions options)
    {
        this.graph = graph;
        weights = new CheckpointWeights(checkpoint, graph);
        arithmetic = options switch
        {
            { Precision: ExportPrecision.Int8 } => new Int8Arithmetic(graph, weights, options.FloatLayers),
            { Precision: ExportPrecision.Fp16, Target: GraphTarget.Gpu } => new HalfArithmetic(graph, weights),
            { Precision: ExportPrecision.Fp16 } => new FloatArithmetic(graph, weights, WeightType.Float16),
            _ => new FloatArithmetic(graph, weights, WeightType.Float32),
        };
        this.sizes = sizes;
        this.modality = modality;
        isStandard = options.StandardOperatorsOnly;
    }

    public static GraphBuilder Build(Checkpoint checkpoint, EncoderSizes sizes, Modality modality, GraphOptions options)
    {
        GraphBuilder graph = new($"cav_mae_{modality.Name}") { IsItemByItem = options.Precision == ExportPrecision.Int8 };
        new EncoderGraph(graph, checkpoint, sizes, modality, options).Build(options.Part);
        return graph;
    }

    /// <summary>The linear layers of one encoder's blocks, in the order they are passed.</summary>
    public static IEnumerable<string> LinearLayers(EncoderSizes sizes, Modality modality) =>
        from block in Enumerable.Range(0, sizes.ModalityBlocks).Select(i => $"blocks_{modality.Letter}.{i}").Concat(Enumerable.Range(0, sizes.SharedBlocks).Select(i => $"blocks_u.{i}"))
        from layer in (string[])["attn.qkv", "attn.proj", "mlp.fc1", "mlp.fc2"]
        select $"{block}.{layer}";

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
        string kernel = weights.Plain($"{name}.weight", arithmetic.PatchWeights);
        if (arithmetic.PatchWeights == WeightType.Float16)
            kernel = graph.Cast(kernel, TensorProto.Types.DataType.Float);
        string grid = graph.Node("Conv", "patches", [features, kernel, weights.Plain($"{name}.bias")],
            Attribute("kernel_shape", [EncoderSizes.PatchSize, EncoderSizes.PatchSize]), Attribute("strides", [EncoderSizes.PatchSize, EncoderSizes.PatchSize]));
        string flat = graph.Node("Reshape", "patches", [grid, graph.Integers("patches.shape", [0, sizes.EmbedDim, modality.Tokens])]);
        string tokens = graph.Node("Transpose", "patches", [flat], Attribute("perm", [0, 2, 1]));
        string places = weights.Sum($"positions_{modality.Letter}", $"pos_embed_{modality.Letter}", $"modality_{modality.Letter}");
        return graph.Node("Add", "patches", [tokens, places]);
    }

    /// <summary>
    /// Pre-norm: x += attention(norm1(x)); x += mlp(norm2(x)). A branch's own blocks take their plain norms; the shared blocks
    /// take the modality's. (The recorded features of the published implementation fit this and no other choice.)
    /// </summary>
    private string Block(string tokens, string block, string normSuffix)
    {
        string attended = Attention(arithmetic.Enter(Norm(tokens, $"{block}.norm1{normSuffix}")), $"{block}.attn");
        string middle = graph.Node("Add", block, [tokens, arithmetic.Leave(attended)]);
        string transformed = Mlp(arithmetic.Enter(Norm(middle, $"{block}.norm2{normSuffix}")), $"{block}.mlp");
        return graph.Node("Add", block, [middle, arithmetic.Leave(transformed)]);
    }

    private string Attention(string tokens, string place)
    {
        string all = arithmetic.Linear(tokens, $"{place}.qkv");
        string[] parts = graph.Nodes("Split", place, [all], outputs: 3, Attribute("axis", -1L));
        string mixed = isStandard
            ? StandardAttention(parts, place)
            : graph.FusedNode("MultiHeadAttention", place, parts, Attribute("num_heads", (long)sizes.Heads));
        return arithmetic.Linear(mixed, $"{place}.proj");
    }

    /// <summary>softmax(query · keyᵀ / √(head width)) · value of each head: [batch, tokens, width].</summary>
    private string StandardAttention(string[] parts, string place)
    {
        string query = Heads(parts[0], place, [0, 2, 1, 3]), key = Heads(parts[1], place, [0, 2, 3, 1]), value = Heads(parts[2], place, [0, 2, 1, 3]);
        string scale = arithmetic.Constant("attention.scale", (float)(1 / Math.Sqrt(sizes.HeadDim)));
        string scores = graph.Node("Mul", place, [graph.Node("MatMul", place, [query, key]), scale]);
        string shares = arithmetic.Enter(graph.Node("Softmax", place, [arithmetic.Leave(scores)], Attribute("axis", -1L)));
        string mixed = graph.Node("Transpose", place, [graph.Node("MatMul", place, [shares, value])], Attribute("perm", [0, 2, 1, 3]));
        return graph.Node("Reshape", place, [mixed, graph.Integers("attention.joined", [0, 0, sizes.EmbedDim])]);
    }

    /// <summary>[batch, tokens, width] → [batch, heads, tokens, head width] by <paramref name="order"/>.</summary>
    private string Heads(string part, string place, long[] order)
    {
        string split = graph.Node("Reshape", place, [part, graph.Integers("attention.heads", [0, 0, sizes.Heads, sizes.HeadDim])]);
        return graph.Node("Transpose", place, [split], Attribute("perm", order));
    }

    private string Mlp(string tokens, string place) => arithmetic.Linear(Gelu(arithmetic.Linear(tokens, $"{place}.fc1"), place), $"{place}.fc2");

    /// <summary>0.5 x (1 + erf(x / √2)), in the order that runtimes recognise and fuse.</summary>
    private string Gelu(string x, string place)
    {
        string scaled = graph.Node("Div", place, [x, arithmetic.Constant("sqrt_2", (float)Math.Sqrt(2))]);
        string plusOne = graph.Node("Add", place, [graph.Node("Erf", place, [scaled]), arithmetic.Constant("one", 1)]);
        return graph.Node("Mul", place, [graph.Node("Mul", place, [x, plusOne]), arithmetic.Constant("half", 0.5f)]);
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
