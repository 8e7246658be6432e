using System.Buffers.Binary;
using System.Text;

namespace CavMae.Export.Tests.Support;

/// <summary>Pickles written by hand, opcode by opcode, so that tests can write what no library would.</summary>
internal sealed class PickleBuilder
{
    private readonly List<byte> bytes = [0x80, 2];

    public PickleBuilder Raw(string ascii)
    {
        bytes.AddRange(Encoding.ASCII.GetBytes(ascii));
        return this;
    }

    public PickleBuilder Raw(params ReadOnlySpan<byte> opcodes)
    {
        bytes.AddRange(opcodes);
        return this;
    }

    public PickleBuilder Text(string text)
    {
        byte[] encoded = Encoding.UTF8.GetBytes(text);
        Raw("X");
        Little(encoded.Length, 4);
        bytes.AddRange(encoded);
        return this;
    }

    public PickleBuilder Number(long value)
    {
        Raw([0x8a, 8]);
        Little(value, 8);
        return this;
    }

    public PickleBuilder Numbers(params ReadOnlySpan<long> values)
    {
        Raw("(");
        foreach (long value in values)
            Number(value);
        return Raw("t");
    }

    public PickleBuilder Storage(string type, string key, long count) =>
        Raw("((").Text("storage").Raw($"ctorch\n{type}\n").Text(key).Text("cpu").Number(count).Raw("tQ");

    /// <summary>A name and a tensor on the stack, to be set in a dict.</summary>
    public PickleBuilder Tensor(
        string name, long[] shape, long[] strides, long offset = 0, long storageCount = 4, string type = "FloatStorage", string key = "0")
    {
        Text(name).Raw("ctorch._utils\n_rebuild_tensor_v2\n").Storage(type, key, storageCount).Number(offset).Numbers(shape).Numbers(strides);
        return Raw([0x89]).Raw("ccollections\nOrderedDict\n)RtR");
    }

    public byte[] Stop() => [.. bytes, (byte)'.'];

    /// <summary>A dict of what is between: <c>Dictionary(p => p.Tensor(…))</c>.</summary>
    public static byte[] Dictionary(Action<PickleBuilder> pairs)
    {
        PickleBuilder builder = new();
        builder.Raw("}(");
        pairs(builder);
        return builder.Raw("u").Stop();
    }

    private void Little(long value, int count)
    {
        Span<byte> encoded = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(encoded, value);
        bytes.AddRange(encoded[..count]);
    }
}
