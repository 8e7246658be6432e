using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace CavMae.Checkpoints.Pickle;

/// <summary>Writes the pickle of a state dict of contiguous float32 tensors, the way <c>torch.save</c> does (protocol 2, an OrderedDict).</summary>
internal sealed class StateDictionaryPickle
{
    private readonly ArrayBufferWriter<byte> bytes = new();

    /// <summary>The storage of tensor i has the key i and holds nothing else.</summary>
    public static byte[] Write(IReadOnlyList<TensorToWrite> tensors)
    {
        StateDictionaryPickle pickle = new();
        pickle.Raw([0x80, 2]);
        pickle.EmptyOrderedDictionary();
        pickle.Raw("("u8);
        for (int i = 0; i < tensors.Count; i++)
        {
            pickle.Text(tensors[i].Name);
            pickle.Tensor(tensors[i], i);
        }
        pickle.Raw("u."u8);
        return pickle.bytes.WrittenSpan.ToArray();
    }

    private void Tensor(TensorToWrite tensor, int key)
    {
        Raw("ctorch._utils\n_rebuild_tensor_v2\n("u8);
        Raw("("u8);
        Text("storage");
        Raw("ctorch\nFloatStorage\n"u8);
        Text(key.ToString(CultureInfo.InvariantCulture));
        Text("cpu");
        Number(tensor.ElementCount);
        Raw("tQ"u8); // tuple, then a reference to the storage it names
        Number(0);
        Numbers(tensor.Shape);
        Numbers(TensorLayout.Contiguous([.. tensor.Shape], tensor.ElementCount).Strides);
        Raw([0x89]); // False: needs no gradient
        EmptyOrderedDictionary(); // no backward hooks
        Raw("tR"u8);
    }

    private void EmptyOrderedDictionary() => Raw("ccollections\nOrderedDict\n)R"u8);

    private void Numbers(IEnumerable<long> values)
    {
        Raw("("u8);
        foreach (long value in values)
            Number(value);
        Raw("t"u8);
    }

    private void Number(long value)
    {
        Span<byte> encoded = stackalloc byte[10];
        encoded[0] = 0x8a; // LONG1 of 8 bytes
        encoded[1] = 8;
        BinaryPrimitives.WriteInt64LittleEndian(encoded[2..], value);
        Raw(encoded);
    }

    private void Text(string value)
    {
        byte[] text = Encoding.UTF8.GetBytes(value);
        Span<byte> header = stackalloc byte[5];
        header[0] = (byte)'X';
        BinaryPrimitives.WriteInt32LittleEndian(header[1..], text.Length);
        Raw(header);
        Raw(text);
    }

    private void Raw(ReadOnlySpan<byte> part) => bytes.Write(part);
}
