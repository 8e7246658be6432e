using CavMae.Export.Tests.Support;

namespace CavMae.Export.Tests.Checkpoints;

/// <summary>Pickles that ask for more than tensors and plain containers, or are malformed: refused by name, and nothing is executed.</summary>
public sealed class HostilePickleTests : HostileFiles
{
    [Theory]
    [InlineData("os", "system")]
    [InlineData("posix", "system")]
    [InlineData("builtins", "eval")]
    [InlineData("torch", "load")]
    [InlineData("torch._utils", "_rebuild_tensor_v3")]
    [InlineData("argparse", "Namespace")]
    public void Open_PickleThatCallsACommand_IsRefusedByName(string module, string name)
    {
        string witness = Folder.File("witness");
        byte[] pickle = new PickleBuilder().Raw($"c{module}\n{name}\n(").Text($"touch {witness}").Raw("tR").Stop();

        AssertRefused(Zip(pickle), $"refers to {module}.{name}; only tensors and plain containers are read");
        Assert.False(File.Exists(witness));
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

    [Theory]
    [InlineData("]", "a list where a state dict belongs")]
    [InlineData("}", "holds no state dict")]
    public void Open_NoTensors_IsRefused(string opcodes, string fault) => AssertRefused(Zip(new PickleBuilder().Raw(opcodes).Stop()), fault);
}
