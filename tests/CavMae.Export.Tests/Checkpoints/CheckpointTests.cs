using System.Runtime.InteropServices;
using CavMae.Checkpoints;
using CavMae.Export.Tests.Support;

namespace CavMae.Export.Tests.Checkpoints;

/// <summary>Reading what is well-formed: formats, element types, strides, nesting.</summary>
public sealed class CheckpointTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Open_ZipAndLegacyOfOneModel_HoldTheSameTensors()
    {
        using var zip = Checkpoint.Open(Fixtures.Golden("tiny.pth"));
        using var legacy = Checkpoint.Open(Fixtures.Golden("tiny_legacy.pth"));

        Assert.Equal(527, zip.Names.Count);
        Assert.Equal(zip.Names, legacy.Names);
        foreach (string name in zip.Names)
        {
            Assert.Equal(zip[name].Shape.AsSpan(), legacy[name].Shape.AsSpan());
            Assert.Equal(zip.ReadFloats(name), legacy.ReadFloats(name));
        }
    }

    [Fact]
    public void Open_ParallelPrefix_IsTakenOffTheNames()
    {
        using var checkpoint = Checkpoint.Open(Fixtures.Golden("tiny.pth"));

        Assert.DoesNotContain(checkpoint.Names, name => name.StartsWith("module.", StringComparison.Ordinal));
        Assert.Equal("[32, 3, 16, 16]", checkpoint["patch_embed_v.proj.weight"].ShapeText);
    }

    [Fact]
    public void Open_SafeTensors_ReadsTheSameFloatsAsItsOwnReader()
    {
        using var checkpoint = Checkpoint.Open(Fixtures.Golden("tiny_io.safetensors"));
        using var tensors = SafeTensors.Open(Fixtures.Golden("tiny_io.safetensors"));

        Assert.Equal(tensors.Names, checkpoint.Names);
        Assert.Equal(tensors.ReadFloats("feat_a"), checkpoint.ReadFloats("feat_a"));
        Assert.Equal("32", tensors.Metadata["embed_dim"]);
        Assert.Equal([2L, 512, 32], tensors.Shape("feat_a"));
        Assert.Equal(2 * 512, tensors.ReadInt64("ids_restore_a").Length);
    }

    [Fact]
    public void CheckpointWriter_AnyTensors_AreReadBackAsWritten()
    {
        string path = folder.File("written.pth");
        CheckpointWriter.Write(
            path,
            [
                new TensorToWrite("matrix", [2, 3], elements => new float[] { 1, 2, 3, 4, 5, 6 }.CopyTo(elements)),
                new TensorToWrite("scalar", [], elements => elements[0] = 7),
                new TensorToWrite("module.ünï", [1], elements => elements[0] = -0f),
                new TensorToWrite("empty", [0, 4], _ => { }),
            ],
            TestContext.Current.CancellationToken);

        using var checkpoint = Checkpoint.Open(path);

        Assert.Equal(["empty", "matrix", "scalar", "ünï"], checkpoint.Names);
        Assert.Equal([1, 2, 3, 4, 5, 6], checkpoint.ReadFloats("matrix"));
        Assert.Equal([7], checkpoint.ReadFloats("scalar"));
        Assert.Equal([-0f], checkpoint.ReadFloats("ünï"));
        Assert.Equal([], checkpoint.ReadFloats("empty"));
    }

    [Fact]
    public void ReadFloats_TransposedTensor_FollowsTheStrides()
    {
        using Checkpoint checkpoint = Open(p => p.Tensor("t", [3, 2], [1, 3], offset: 1, storageCount: 7), Archives.Floats(9, 1, 2, 3, 4, 5, 6));

        Assert.Equal([1, 4, 2, 5, 3, 6], checkpoint.ReadFloats("t"));
    }

    [Fact]
    public void ReadFloats_PartOfATensor_StartsAtTheElementAskedFor()
    {
        using Checkpoint checkpoint = Open(
            p => p.Tensor("plain", [4], [1]).Tensor("turned", [2, 2], [1, 2]), Archives.Floats(1, 2, 3, 4));
        var part = new float[2];

        checkpoint.ReadFloats("plain", part, firstElement: 2);
        Assert.Equal([3, 4], part);
        checkpoint.ReadFloats("turned", part, firstElement: 1);
        Assert.Equal([3, 2], part);
        Assert.Throws<ArgumentOutOfRangeException>(() => checkpoint.ReadFloats("plain", new float[2], firstElement: 3));
    }

    [Fact]
    public void ReadFloats_OtherFloatTypes_AreConverted()
    {
        Half[] halves = [(Half)1.5f, (Half)(-2)];
        double[] doubles = [0.1, -1e-3];
        short[] brains = [0x3FC0, unchecked((short)0xC000)]; // 1.5 and −2: the upper halves of their float32 bits
        string path = Archives.Write(
            folder.File("types.pth"),
            PickleBuilder.Dictionary(p => p
                .Tensor("half", [2], [1], storageCount: 2, type: "HalfStorage", key: "0")
                .Tensor("double", [2], [1], storageCount: 2, type: "DoubleStorage", key: "1")
                .Tensor("brain", [2], [1], storageCount: 2, type: "BFloat16Storage", key: "2")
                .Tensor("count", [1], [1], storageCount: 1, type: "LongStorage", key: "3")),
            MemoryMarshal.AsBytes(halves.AsSpan()).ToArray(), MemoryMarshal.AsBytes(doubles.AsSpan()).ToArray(),
            MemoryMarshal.AsBytes(brains.AsSpan()).ToArray(), new byte[8]);
        using var checkpoint = Checkpoint.Open(path);

        Assert.Equal([1.5f, -2], checkpoint.ReadFloats("half"));
        Assert.Equal([0.1f, -1e-3f], checkpoint.ReadFloats("double"));
        Assert.Equal([1.5f, -2], checkpoint.ReadFloats("brain"));
        Assert.Contains("Int64", Assert.Throws<CheckpointException>(() => checkpoint.ReadFloats("count")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("state_dict")]
    [InlineData("model")]
    public void Open_StateDictUnderAUsualKey_IsFound(string key)
    {
        using Checkpoint checkpoint = Open(
            p => p.Text("epoch").Number(3).Text(key).Raw("}(").Tensor("inner", [4], [1]).Raw("u"), Archives.Floats(1, 2, 3, 4));

        Assert.Equal(["inner"], checkpoint.Names);
    }

    [Fact]
    public void Open_ParameterAndSharedStorage_AreTensorsToo()
    {
        using Checkpoint checkpoint = Open(
            p => p.Tensor("whole", [4], [1]).Text("parameter").Raw("ctorch._utils\n_rebuild_parameter\n(")
                .Raw("ctorch._utils\n_rebuild_tensor_v2\n").Storage("FloatStorage", "0", 4).Number(2).Numbers(2).Numbers(1)
                .Raw([0x89]).Raw("ccollections\nOrderedDict\n)RtR").Raw([0x88]).Raw("ccollections\nOrderedDict\n)RtR"),
            Archives.Floats(1, 2, 3, 4));

        Assert.Equal([3, 4], checkpoint.ReadFloats("parameter"));
    }

    [Fact]
    public void Open_Protocol4Pickle_IsRead()
    {
        // PROTO 4, FRAME, EMPTY_DICT, MEMOIZE, MARK, SHORT_BINUNICODE "n", BININT1 5, then a tensor, SETITEMS
        PickleBuilder builder = new();
        builder.Raw([0x80, 4, 0x95, 0, 0, 0, 0, 0, 0, 0, 0]).Raw("}").Raw([0x94]).Raw("(").Raw([0x8c, 1]).Raw("nK").Raw([5]);
        byte[] pickle = builder.Tensor("t", [4], [1]).Raw("u").Stop();
        using var checkpoint = Checkpoint.Open(Archives.Write(folder.File("p4.pth"), pickle, Archives.Floats(1, 2, 3, 4)));

        Assert.Equal([1, 2, 3, 4], checkpoint.ReadFloats("t"));
    }

    private Checkpoint Open(Action<PickleBuilder> pairs, params byte[][] storages) =>
        Checkpoint.Open(Archives.Write(folder.File("made.pth"), PickleBuilder.Dictionary(pairs), storages));
}
