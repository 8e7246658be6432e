using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace CavMae.Model.Tests.Support;

/// <summary>Models of width 8 with 2 heads: everything there is, in milliseconds.</summary>
internal static class SmallModel
{
    public const int Width = 8;
    public const int Heads = 2;

    public static CavMaeOptions Options(int modalityDepth = 1, int sharedDepth = 1) => new()
    {
        EmbedDim = Width,
        Heads = Heads,
        Depth = modalityDepth + sharedDepth,
        ModalityDepth = modalityDepth,
        MlpRatio = 2,
        DecoderEmbedDim = Width,
        DecoderDepth = 1,
        DecoderHeads = Heads,
    };

    /// <summary>A model whose every parameter (positions, norms and biases too) is moved off its initial value by the seed.</summary>
    public static CavMaeModel Create(CavMaeOptions options, int seed = 1)
    {
        CavMaeModel model = new(options);
        Perturb(model, seed);
        return model;
    }

    /// <summary>Adds uniform noise of ±0.3 to every parameter.</summary>
    public static void Perturb(CavMaeModel model, int seed)
    {
        using DisposeScope scope = NewDisposeScope();
        using var noGradient = no_grad();
        Random random = new(seed);
        foreach ((_, Parameter parameter) in model.named_parameters())
            parameter.add_(tensor(Numbers(random, (int)parameter.numel(), scale: 0.3f), parameter.shape));
    }

    /// <summary>Seeded numbers in ±<paramref name="scale"/>.</summary>
    public static float[] Numbers(Random random, int count, float scale = 1)
    {
        var numbers = new float[count];
        foreach (ref float number in numbers.AsSpan())
            number = scale * (2 * random.NextSingle() - 1);
        return numbers;
    }

    public static Tensor Random(int seed, params long[] shape) => tensor(Numbers(new Random(seed), (int)shape.Aggregate(1L, (product, size) => product * size)), shape);

    /// <summary>[batch, 1024, 128] and [batch, 3, 224, 224].</summary>
    public static (Tensor Audio, Tensor Visual) Inputs(int batch, int seed = 1) => (Random(seed, batch, 1024, 128), Random(seed + 1, batch, 3, 224, 224));

    public static Dictionary<string, float[]> Values(nn.Module model) =>
        model.named_parameters().ToDictionary(named => named.name, named => Values(named.parameter), StringComparer.Ordinal);

    public static float[] Values(Tensor tensor)
    {
        using DisposeScope scope = NewDisposeScope();
        return tensor.detach().contiguous().data<float>().ToArray();
    }
}
