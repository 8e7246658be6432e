using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using CavMae.Checkpoints;
using CavMae.Export.Tests.Support;

namespace CavMae.Export.Tests.Checkpoints;

/// <summary>Reading what is damaged or made to harm: each is refused by name of its fault, and nothing is executed.</summary>
public sealed class HostileCheckpointTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Open_EmptyFile_IsRefused() => AssertRefused(File("empty.pth", []), "empty");

    [Fact]
    public void Open_Text_IsRefused() => AssertRefused(File("text.pth", "just some words, long enough"u8.ToArray()), "neither a PyTorch checkpoint");

    [Fact]
    public void Open_MissingFile_IsAnIOException() => Assert.Throws<FileNotFoundException>(() => Checkpoint.Open(folder.File("none.pth")));

    [Theory]
    [InlineData(0.999)]
    [InlineData(0.5)]
    [InlineData(0.01)]
    public void Open_TruncatedZip_IsRefused(double part) => AssertRefused(Cut("tiny.pth", part), "truncated");

    [Theory]
    [InlineData(0.999)]
    [InlineData(0.5)]
    [InlineData(0.02)]
    [InlineData(0.00001)]
    public void Open_TruncatedLegacy_IsRefused(double part) => AssertRefused(Cut("tiny_legacy.pth", part), "truncated");

    [Theory]
    [InlineData("os", "system")]
    [InlineData("posix", "system")]
    [InlineData("builtins", "eval")]
    [InlineData("torch", "load")]
    [InlineData("torch._utils", "_rebuild_tensor_v3")]
    [InlineData("argparse", "Namespace")]
    public void Open_PickleThatCallsACommand_IsRefusedByName(string module, string name)
    {
        string witness = folder.File("witness");
        byte[] pickle = new PickleBuilder().Raw($"c{module}\n{name}\n(").Text($"touch {witness}").Raw("tR").Stop();

        AssertRefused(Zip(pickle), $"refers to {module}.{name}; only tensors and plain containers are read");
        Assert.False(System.IO.File.Exists(witness));
    }

    [Fact]
    public void Open_StackGlobalOfACommand_IsRefusedByName() =>
        AssertRefused(Zip(new PickleBuilder().Text("os").Text("system").Raw([0x93]).Stop()), "refers to os.system");

    [Theory]
    [InlineData(0x81)] // NEWOBJ
    [InlineData((int)'i')] // INST
    [InlineData((int)'o')] // OBJ
    [InlineData(0x82)] // EXT1
    [InlineData((int)'P')] // PERSID
    [InlineData(0x97)] // NEXT_BUFFER
    public void Open_OpcodeThatMakesObjects_IsRefused(int opcode) =>
        AssertRefused(Zip(new PickleBuilder().Raw(")(").Raw([(byte)opcode]).Stop()), $"opcode 0x{opcode:x2}");

    [Fact]
    public void Open_BuildOnAClass_IsRefused() =>
        AssertRefused(Zip(new PickleBuilder().Raw("ccollections\nOrderedDict\n}b").Stop()), "sets attributes of collections.OrderedDict");

    [Fact]
    public void Open_CallOfAValue_IsRefused() =>
        AssertRefused(Zip(new PickleBuilder().Text("system").Raw(")R").Stop()), "calls text");

    [Fact]
    public void Open_DeepMarks_IsRefused() => AssertRefused(Zip(new PickleBuilder().Raw(new string('(', 100_000)).Stop()), "nests too deeply");

    [Fact]
    public void Open_DeepLists_IsRefused() =>
        AssertRefused(Zip(new PickleBuilder().Raw(new string(']', 1_000_000) + new string('a', 999_999)).Stop()), "nests too deeply");

    [Theory]
    [InlineData("h\u0005", "memo 5")]
    [InlineData("j\u0001\u0001\u0001\u0001", "memo 16843009")]
    [InlineData("0", "empty stack")]
    [InlineData("t", "mark that was never set")]
    [InlineData("K\u0001s", "takes 2 values")]
    [InlineData("(K\u0001K\u0002", "leaves 2 values")]
    [InlineData("}(K\u0001u", "key without a value")]
    [InlineData("K\u0001K\u0002a", "appends to a number")]
    public void Open_MalformedPickle_IsRefused(string opcodes, string fault) => AssertRefused(Zip(new PickleBuilder().Raw(opcodes).Stop()), fault);

    [Fact]
    public void Open_TextLongerThanThePickle_IsRefused() =>
        AssertRefused(Zip(new PickleBuilder().Raw("X").Raw([0xff, 0xff, 0xff, 0xff]).Stop()), "truncated");

    [Theory]
    [InlineData(new long[] { 1L << 40 }, new long[] { 1 }, 0, "outside its storage")]
    [InlineData(new long[] { 1L << 40 }, new long[] { 0 }, 0, "outside its storage")]
    [InlineData(new long[] { 1L << 32, 1L << 32 }, new long[] { 1L << 32, 1 }, 0, "outside its storage")]
    [InlineData(new long[] { long.MaxValue, 2, 2 }, new long[] { 4, 2, 1 }, 0, "outside its storage")]
    [InlineData(new long[] { 2 }, new long[] { long.MaxValue }, 0, "outside its storage")]
    [InlineData(new long[] { 2, 2 }, new long[] { 3, 1 }, 0, "outside its storage")]
    [InlineData(new long[] { 4 }, new long[] { 1 }, 1, "outside its storage")]
    [InlineData(new long[] { 1 }, new long[] { 1 }, long.MaxValue, "outside its storage")]
    [InlineData(new long[] { 2 }, new long[] { 1 }, -1, "negative")]
    [InlineData(new long[] { -2 }, new long[] { 1 }, 0, "negative")]
    [InlineData(new long[] { 2 }, new long[] { -1 }, 1, "negative")]
    [InlineData(new long[] { 2, 2 }, new long[] { 1 }, 0, "2 dimensions but 1 strides")]
    public void Open_TensorOutsideItsStorage_IsRefused(long[] shape, long[] strides, long offset, string fault) =>
        AssertRefused(Zip(PickleBuilder.Dictionary(p => p.Tensor("t", shape, strides, offset)), Archives.Floats(1, 2, 3, 4)), fault);

    [Fact]
    public void Open_StorageShorterThanSaid_IsRefusedByName() =>
        AssertRefused(Zip(PickleBuilder.Dictionary(p => p.Tensor("t", [4], [1])), Archives.Floats(1, 2, 3)), "t: storage model/data/0 is too short");

    [Theory]
    [InlineData(-4, "negative size")]
    [InlineData(long.MaxValue, "too short")]
    public void Open_AbsurdStorageSize_IsRefused(long count, string fault) =>
        AssertRefused(Zip(PickleBuilder.Dictionary(p => p.Tensor("t", [1], [1], storageCount: count)), Archives.Floats(1)), fault);

    [Fact]
    public void Open_StorageThatIsNotThere_IsRefused() =>
        AssertRefused(Zip(PickleBuilder.Dictionary(p => p.Tensor("t", [1], [1], key: "../../etc/passwd")), Archives.Floats(1)), "is missing in the archive");

    [Fact]
    public void Open_CompressedEntry_IsRefused()
    {
        string path = Archives.Write(
            folder.File("bomb.pth"), CompressionLevel.SmallestSize, PickleBuilder.Dictionary(p => p.Tensor("t", [4], [1])), new byte[10_000_000]);

        AssertRefused(path, "model/data/0 is compressed");
    }

    [Fact]
    public void Open_EntryLargerThanTheFile_IsRefused()
    {
        string path = Zip(PickleBuilder.Dictionary(p => p.Tensor("t", [4], [1])), Archives.Floats(1, 2, 3, 4));
        byte[] bytes = System.IO.File.ReadAllBytes(path);
        int central = bytes.AsSpan().LastIndexOf("PK\x01\x02"u8);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(central + 20), 0x7000_0000);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(central + 24), 0x7000_0000);

        AssertRefused(File("large.pth", bytes), "reaches outside the archive");
    }

    [Fact]
    public void Open_OverlappingEntries_IsRefused()
    {
        byte[] bytes = System.IO.File.ReadAllBytes(
            Zip(PickleBuilder.Dictionary(p => p.Tensor("t", [4], [1])), Archives.Floats(1, 2, 3, 4), Archives.Floats(5, 6, 7, 8)));
        int last = bytes.AsSpan().LastIndexOf("PK\x01\x02"u8);
        int before = bytes.AsSpan(0, last).LastIndexOf("PK\x01\x02"u8);
        bytes.AsSpan(before + 42, 4).CopyTo(bytes.AsSpan(last + 42)); // both say the same local header

        AssertRefused(File("overlap.pth", bytes), "overlap");
    }

    [Fact]
    public void Open_ArchiveWithoutPickle_IsRefused()
    {
        string path = folder.File("other.zip");
        using (ZipArchive archive = new(System.IO.File.Create(path), ZipArchiveMode.Create))
            archive.CreateEntry("readme.txt", CompressionLevel.NoCompression).Open().Dispose();

        AssertRefused(path, "holds no data.pkl");
    }

    [Theory]
    [InlineData("]", "a list where a state dict belongs")]
    [InlineData("}", "holds no state dict")]
    public void Open_NoTensors_IsRefused(string opcodes, string fault) => AssertRefused(Zip(new PickleBuilder().Raw(opcodes).Stop()), fault);

    [Fact]
    public void Open_NameWithAndWithoutPrefix_IsRefused() =>
        AssertRefused(Zip(PickleBuilder.Dictionary(p => p.Tensor("t", [4], [1]).Tensor("module.t", [4], [1])), Archives.Floats(1, 2, 3, 4)), "with and without the prefix");

    [Theory]
    [InlineData("""{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,9]}}""", "lie outside the file")]
    [InlineData("""{"t":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", "outside its storage")]
    [InlineData("""{"t":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}""", "does not fill")]
    [InlineData("""{"t":{"dtype":"F32","shape":[-1],"data_offsets":[0,8]}}""", "negative")]
    [InlineData("""{"t":{"dtype":"F99","shape":[2],"data_offsets":[0,8]}}""", "F99 is not read")]
    [InlineData("""{"t":{"dtype":"F32","shape":[2]}}""", "missing or malformed")]
    [InlineData("""{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"u":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "overlap")]
    [InlineData("""{"t":""", "not JSON")]
    public void Open_BadSafeTensors_IsRefused(string header, string fault)
    {
        byte[] text = Encoding.UTF8.GetBytes(header);
        AssertRefused(File("bad.safetensors", [.. BitConverter.GetBytes((long)text.Length), .. text, .. new byte[8]]), fault);
    }

    [Fact]
    public void Open_AnyByteOfASmallCheckpointChanged_GivesTensorsOrOneException()
    {
        byte[] whole = System.IO.File.ReadAllBytes(
            Zip(PickleBuilder.Dictionary(p => p.Tensor("t", [2, 2], [2, 1]).Tensor("u", [4], [1], key: "1")), Archives.Floats(1, 2, 3, 4), Archives.Floats(5, 6, 7, 8)));
        Random random = new(20221);
        for (int i = 0; i < whole.Length; i++)
        {
            byte[] changed = [.. whole];
            changed[i] = (byte)random.Next(256);
            string path = File("changed.pth", changed);
            try
            {
                using var checkpoint = Checkpoint.Open(path);
                foreach (string name in checkpoint.Names)
                    checkpoint.ReadFloats(name);
            }
            catch (CheckpointException problem)
            {
                Assert.StartsWith(path, problem.Message, StringComparison.Ordinal);
            }
        }
    }

    private static void AssertRefused(string path, string fault)
    {
        CheckpointException problem = Assert.Throws<CheckpointException>(() => Checkpoint.Open(path));
        Assert.Contains(fault, problem.Message, StringComparison.Ordinal);
        Assert.StartsWith(path, problem.Message, StringComparison.Ordinal);
    }

    private string Zip(byte[] pickle, params byte[][] storages) => Archives.Write(folder.File("made.pth"), pickle, storages);

    private string File(string name, byte[] bytes)
    {
        System.IO.File.WriteAllBytes(folder.File(name), bytes);
        return folder.File(name);
    }

    private string Cut(string name, double part)
    {
        byte[] bytes = System.IO.File.ReadAllBytes(Fixtures.Golden(name));
        return File(name, bytes[..(int)(bytes.Length * part)]);
    }
}
