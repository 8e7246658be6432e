using CavMae.Checkpoints;
using CavMae.Tests.Shared;
using TorchSharp;
using static TorchSharp.torch;

namespace CavMae.Model.Tests;

/// <summary>The recorded tiny model and its recorded inputs and outputs.</summary>
internal sealed class TinyModel : IDisposable
{
    public static readonly CavMaeOptions Options = new()
    {
        EmbedDim = 32,
        Heads = 4,
        DecoderEmbedDim = 32,
        DecoderDepth = 2,
        DecoderHeads = 4,
    };

    private readonly DisposeScope scope = NewDisposeScope();
    private readonly SafeTensors recorded = SafeTensors.Open(Fixtures.Golden("tiny_io.safetensors"));

    public TinyModel(string file = "tiny.pth")
    {
        Model = new CavMaeModel(Options);
        using Checkpoint checkpoint = Checkpoint.Open(Fixtures.Golden(file));
        CavMaeWeights.Load(Model, checkpoint);
    }

    public CavMaeModel Model { get; }
    public Tensor Audio => Recorded("audio");
    public Tensor Visual => Recorded("image");
    public MaskingNoise Noise => new(Recorded("noise_a"), Recorded("noise_v"));

    public Tensor Recorded(string name) => recorded[name].ElementType == ElementType.Int64
        ? tensor(recorded.ReadInt64(name), [.. recorded.Shape(name)])
        : tensor(recorded.ReadFloats(name), [.. recorded.Shape(name)]);

    public IEnumerable<string> Names(string prefix) => recorded.Names.Where(name => name.StartsWith(prefix, StringComparison.Ordinal));

    public double Number(string name) => recorded.ReadFloats(name)[0];

    public void Dispose()
    {
        Model.Dispose();
        recorded.Dispose();
        scope.Dispose();
    }
}
