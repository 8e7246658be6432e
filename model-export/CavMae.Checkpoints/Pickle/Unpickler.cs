using System.Numerics;

namespace CavMae.Checkpoints.Pickle;

/// <summary>
/// Reads pickles of protocols 2 to 4 into plain values: a loop over opcodes and a stack, without recursion. Opcodes that make
/// objects of other classes are refused. Format: CPython's <c>pickletools.py</c>.
/// </summary>
internal sealed class Unpickler
{
    private readonly PickleInput input;
    private readonly PickleStack stack;
    private readonly Dictionary<uint, object?> memo = [];
    private readonly List<StorageReference>? storages;

    private Unpickler(PickleInput input, List<StorageReference>? storages)
    {
        this.input = input;
        stack = new PickleStack(input);
        this.storages = storages;
    }

    /// <summary>Reads one pickle; the input then stands behind its STOP.</summary>
    /// <param name="storages">Takes every storage the pickle refers to.</param>
    /// <exception cref="CheckpointException">Truncated, malformed, over a limit, or asking for more than plain values.</exception>
    public static object? Load(PickleInput input, List<StorageReference>? storages = null)
    {
        Unpickler unpickler = new(input, storages);
        while (input.ReadByte() is var opcode && opcode != '.')
            unpickler.Step(opcode);
        return unpickler.stack.Result;
    }

    private void Step(byte opcode)
    {
        switch (opcode)
        {
            case 0x80: CheckProtocol(input.ReadByte()); break;
            case 0x95: input.ReadUInt64(); break; // FRAME only groups what follows.
            case (byte)'(': stack.Mark(); break;
            case (byte)'0': stack.Pop(); break;
            case (byte)'1': stack.PopToMark(); break;
            case (byte)'2': stack.Push(stack.Peek()); break;

            case (byte)'N': stack.Push(null); break;
            case 0x88: stack.Push(true); break;
            case 0x89: stack.Push(false); break;
            case (byte)'J': stack.Push((long)input.ReadInt32()); break;
            case (byte)'K': stack.Push((long)input.ReadByte()); break;
            case (byte)'M': stack.Push((long)input.ReadUInt16()); break;
            case 0x8a: PushLong(input.ReadByte()); break;
            case (byte)'G': stack.Push(input.ReadBigEndianDouble()); break;

            case (byte)'X': stack.Push(input.ReadText(input.ReadUInt32())); break;
            case 0x8c: stack.Push(input.ReadText(input.ReadByte())); break;
            case 0x8d: stack.Push(input.ReadText(input.ReadUInt64())); break;
            case (byte)'T': stack.Push(input.ReadText(input.ReadUInt32())); break; // Python 2's str
            case (byte)'U': stack.Push(input.ReadText(input.ReadByte())); break;
            case (byte)'B': stack.Push(input.ReadBytes(input.ReadUInt32())); break;
            case (byte)'C': stack.Push(input.ReadBytes(input.ReadByte())); break;
            case 0x8e: stack.Push(input.ReadBytes(input.ReadUInt64())); break;

            case (byte)')': stack.Push(new PickleTuple([])); break;
            case (byte)'t': stack.Push(new PickleTuple(stack.PopToMark())); break;
            case 0x85: PushTuple(1); break;
            case 0x86: PushTuple(2); break;
            case 0x87: PushTuple(3); break;
            case (byte)']' or 0x8f: stack.Push(new PickleList()); break;
            case (byte)'a': Append([stack.Pop()]); break;
            case (byte)'e' or 0x90: Append(stack.PopToMark()); break;
            case (byte)'l' or 0x91: PushList(stack.PopToMark()); break;
            case (byte)'}': stack.Push(new PickleDictionary()); break;
            case (byte)'s': SetItems([.. stack.Pop(2)]); break;
            case (byte)'u': SetItems(stack.PopToMark()); break;
            case (byte)'d': PushDictionary(stack.PopToMark()); break;

            case (byte)'q': Memoize(input.ReadByte()); break;
            case (byte)'r': Memoize(input.ReadUInt32()); break;
            case 0x94: Memoize((uint)memo.Count); break;
            case (byte)'h': stack.Push(Recall(input.ReadByte())); break;
            case (byte)'j': stack.Push(Recall(input.ReadUInt32())); break;

            case (byte)'c': stack.Push(PickleGlobals.Resolve(input.ReadLine(), input.ReadLine())); break;
            case 0x93: PushStackGlobal(); break;
            case (byte)'R': PushCall(); break;
            case (byte)'b': Build(); break;
            case (byte)'Q': PushStorage(); break;

            default:
                throw new CheckpointException(
                    $"the pickle has opcode 0x{opcode:x2} at byte {input.Position - 1}; only tensors and plain containers are read (protocols 2 to 4)");
        }
    }

    private static void CheckProtocol(byte version)
    {
        if (version is < 2 or > 4)
            throw new CheckpointException($"the pickle is of protocol {version}; 2 to 4 are read");
    }

    private void PushLong(byte byteCount)
    {
        BigInteger number = new(input.ReadBytes(byteCount));
        stack.Push(number >= long.MinValue && number <= long.MaxValue ? (object)(long)number : number);
    }

    private void PushTuple(int count) => stack.Push(new PickleTuple(stack.Pop(count)));

    private void PushList(object?[] items)
    {
        stack.Push(new PickleList());
        Append(items);
    }

    private void PushDictionary(object?[] items)
    {
        stack.Push(new PickleDictionary());
        SetItems(items);
    }

    private void Append(object?[] items)
    {
        if (stack.Peek() is not PickleList list)
            throw stack.Malformed($"it appends to {PickleText.Kind(stack.Peek())}");
        list.Items.AddRange(items);
    }

    private void SetItems(object?[] items)
    {
        if (stack.Peek() is not PickleDictionary dictionary)
            throw stack.Malformed($"it sets items of {PickleText.Kind(stack.Peek())}");
        if (items.Length % 2 != 0)
            throw stack.Malformed("it sets a key without a value");
        for (int i = 0; i < items.Length; i += 2)
            dictionary.Pairs.Add(new(items[i], items[i + 1]));
    }

    private void Memoize(uint index)
    {
        if (memo.Count == CheckpointLimits.MaxPickleMemo)
            throw new CheckpointException($"the pickle keeps more than {CheckpointLimits.MaxPickleMemo} memos");
        memo[index] = stack.Peek();
    }

    private object? Recall(uint index) => memo.TryGetValue(index, out object? value)
        ? value
        : throw stack.Malformed($"it recalls memo {index}, which was never set");

    private void PushStackGlobal()
    {
        stack.Push(stack.Pop(2) is [string module, string name]
            ? PickleGlobals.Resolve(module, name)
            : throw stack.Malformed("it names a class by something else than text"));
    }

    private void PushCall()
    {
        object?[] items = stack.Pop(2);
        stack.Push(PickleGlobals.Call(items[0], items[1]));
    }

    private void PushStorage()
    {
        StorageReference storage = PickleGlobals.Storage(stack.Pop());
        storages?.Add(storage);
        stack.Push(storage);
    }

    /// <summary>A state dict carries its modules' versions as an attribute (<c>_metadata</c>); it is read over.</summary>
    private void Build()
    {
        object? state = stack.Pop();
        if (stack.Peek() is not PickleDictionary || state is not PickleDictionary)
            throw new CheckpointException($"the pickle sets attributes of {PickleText.Kind(stack.Peek())}; only tensors and plain containers are read");
    }
}
