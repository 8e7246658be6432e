using System.Numerics;

namespace CavMae.Checkpoints.Pickle;

/// <summary>
/// Reads pickles of protocols 2 to 4 into plain values: a loop over opcodes and a stack, without recursion. Opcodes that make
/// objects of other classes are refused. Format: CPython's <c>pickletools.py</c>.
/// </summary>
internal sealed class Unpickler
{
    private readonly PickleInput input;
    private readonly List<object?> stack = [];
    private readonly Stack<int> marks = [];
    private readonly Dictionary<uint, object?> memo = [];
    private readonly List<StorageReference>? storages;
    private int objects;

    private Unpickler(PickleInput input, List<StorageReference>? storages)
    {
        this.input = input;
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
        return unpickler.stack.Count == 1 && unpickler.marks.Count == 0
            ? unpickler.stack[0]
            : throw new CheckpointException($"the pickle leaves {unpickler.stack.Count} values where one belongs");
    }

    private void Step(byte opcode)
    {
        switch (opcode)
        {
            case 0x80: CheckProtocol(input.ReadByte()); break;
            case 0x95: input.ReadUInt64(); break; // FRAME only groups what follows.
            case (byte)'(': Mark(); break;
            case (byte)'0': Pop(); break;
            case (byte)'1': PopToMark(); break;
            case (byte)'2': Push(Peek()); break;

            case (byte)'N': Push(null); break;
            case 0x88: Push(true); break;
            case 0x89: Push(false); break;
            case (byte)'J': Push((long)input.ReadInt32()); break;
            case (byte)'K': Push((long)input.ReadByte()); break;
            case (byte)'M': Push((long)input.ReadUInt16()); break;
            case 0x8a: PushLong(input.ReadByte()); break;
            case (byte)'G': Push(input.ReadBigEndianDouble()); break;

            case (byte)'X': Push(input.ReadText(input.ReadUInt32())); break;
            case 0x8c: Push(input.ReadText(input.ReadByte())); break;
            case 0x8d: Push(input.ReadText(input.ReadUInt64())); break;
            case (byte)'T': Push(input.ReadText(input.ReadUInt32())); break; // Python 2's str
            case (byte)'U': Push(input.ReadText(input.ReadByte())); break;
            case (byte)'B': Push(input.ReadBytes(input.ReadUInt32())); break;
            case (byte)'C': Push(input.ReadBytes(input.ReadByte())); break;
            case 0x8e: Push(input.ReadBytes(input.ReadUInt64())); break;

            case (byte)')': Push(new PickleTuple([])); break;
            case (byte)'t': Push(new PickleTuple(PopToMark())); break;
            case 0x85: PushTuple(1); break;
            case 0x86: PushTuple(2); break;
            case 0x87: PushTuple(3); break;
            case (byte)']' or 0x8f: Push(new PickleList()); break;
            case (byte)'a': Append([Pop()]); break;
            case (byte)'e' or 0x90: Append(PopToMark()); break;
            case (byte)'l' or 0x91: PushList(PopToMark()); break;
            case (byte)'}': Push(new PickleDictionary()); break;
            case (byte)'s': SetItems([.. PopMany(2)]); break;
            case (byte)'u': SetItems(PopToMark()); break;
            case (byte)'d': PushDictionary(PopToMark()); break;

            case (byte)'q': Memoize(input.ReadByte()); break;
            case (byte)'r': Memoize(input.ReadUInt32()); break;
            case 0x94: Memoize((uint)memo.Count); break;
            case (byte)'h': Push(Recall(input.ReadByte())); break;
            case (byte)'j': Push(Recall(input.ReadUInt32())); break;

            case (byte)'c': Push(PickleGlobals.Resolve(input.ReadLine(), input.ReadLine())); break;
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

    private void Push(object? value)
    {
        if (++objects > CheckpointLimits.MaxPickleObjects)
            throw new CheckpointException($"the pickle holds more than {CheckpointLimits.MaxPickleObjects} values");
        if (stack.Count == CheckpointLimits.MaxPickleStack)
            throw new CheckpointException($"the pickle nests too deeply: more than {CheckpointLimits.MaxPickleStack} values are open at once");
        stack.Add(value);
    }

    /// <summary>The values above the innermost mark, or above the bottom, must not be fewer than an opcode takes.</summary>
    private int Available => stack.Count - (marks.TryPeek(out int mark) ? mark : 0);

    private object? Peek() => Available > 0 ? stack[^1] : throw Malformed("it takes a value from an empty stack");

    private object? Pop()
    {
        object? value = Peek();
        stack.RemoveAt(stack.Count - 1);
        return value;
    }

    private object?[] PopMany(int count)
    {
        if (Available < count)
            throw Malformed($"it takes {count} values from a stack of {Available}");
        object?[] items = [.. stack[^count..]];
        stack.RemoveRange(stack.Count - count, count);
        return items;
    }

    private void Mark()
    {
        if (marks.Count == CheckpointLimits.MaxPickleMarks)
            throw new CheckpointException($"the pickle nests too deeply: more than {CheckpointLimits.MaxPickleMarks} levels");
        marks.Push(stack.Count);
    }

    private object?[] PopToMark()
    {
        if (marks.Count == 0)
            throw Malformed("it looks for a mark that was never set");
        object?[] items = PopMany(Available);
        marks.Pop();
        return items;
    }

    private void PushLong(byte byteCount)
    {
        BigInteger number = new(input.ReadBytes(byteCount));
        Push(number >= long.MinValue && number <= long.MaxValue ? (object)(long)number : number);
    }

    private void PushTuple(int count) => Push(new PickleTuple(PopMany(count)));

    private void PushList(object?[] items)
    {
        Push(new PickleList());
        Append(items);
    }

    private void PushDictionary(object?[] items)
    {
        Push(new PickleDictionary());
        SetItems(items);
    }

    private void Append(object?[] items)
    {
        if (Peek() is not PickleList list)
            throw Malformed($"it appends to {PickleText.Kind(Peek())}");
        list.Items.AddRange(items);
    }

    private void SetItems(object?[] items)
    {
        if (Peek() is not PickleDictionary dictionary)
            throw Malformed($"it sets items of {PickleText.Kind(Peek())}");
        if (items.Length % 2 != 0)
            throw Malformed("it sets a key without a value");
        for (int i = 0; i < items.Length; i += 2)
            dictionary.Pairs.Add(new(items[i], items[i + 1]));
    }

    private void Memoize(uint index)
    {
        if (memo.Count == CheckpointLimits.MaxPickleMemo)
            throw new CheckpointException($"the pickle keeps more than {CheckpointLimits.MaxPickleMemo} memos");
        memo[index] = Peek();
    }

    private object? Recall(uint index) => memo.TryGetValue(index, out object? value)
        ? value
        : throw Malformed($"it recalls memo {index}, which was never set");

    private void PushStackGlobal()
    {
        Push(PopMany(2) is [string module, string name]
            ? PickleGlobals.Resolve(module, name)
            : throw Malformed("it names a class by something else than text"));
    }

    private void PushCall()
    {
        object?[] items = PopMany(2);
        Push(PickleGlobals.Call(items[0], items[1]));
    }

    private void PushStorage()
    {
        StorageReference storage = PickleGlobals.Storage(Pop());
        storages?.Add(storage);
        Push(storage);
    }

    /// <summary>A state dict carries its modules' versions as an attribute (<c>_metadata</c>); it is read over.</summary>
    private void Build()
    {
        object? state = Pop();
        if (Peek() is not PickleDictionary || state is not PickleDictionary)
            throw new CheckpointException($"the pickle sets attributes of {PickleText.Kind(Peek())}; only tensors and plain containers are read");
    }

    private CheckpointException Malformed(string how) => new($"the pickle is malformed at byte {input.Position - 1}: {how}");
}
