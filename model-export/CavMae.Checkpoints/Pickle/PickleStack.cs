namespace CavMae.Checkpoints.Pickle;

/// <summary>The values a pickle's opcodes work on, with the marks that group them, within limits.</summary>
internal sealed class PickleStack(PickleInput input)
{
    private readonly List<object?> values = [];
    private readonly Stack<int> marks = [];
    private int pushed;

    /// <summary>The values above the innermost mark; an opcode must not take more.</summary>
    private int Available => values.Count - (marks.TryPeek(out int mark) ? mark : 0);

    /// <summary>The pickle's result: the one value that is left.</summary>
    public object? Result => values.Count == 1 && marks.Count == 0
        ? values[0]
        : throw new CheckpointException($"the pickle leaves {values.Count} values where one belongs");

    public void Push(object? value)
    {
        if (++pushed > CheckpointLimits.MaxPickleObjects)
            throw new CheckpointException($"the pickle holds more than {CheckpointLimits.MaxPickleObjects} values");
        if (values.Count == CheckpointLimits.MaxPickleStack)
            throw new CheckpointException($"the pickle nests too deeply: more than {CheckpointLimits.MaxPickleStack} values are open at once");
        values.Add(value);
    }

    public object? Peek() => Available > 0 ? values[^1] : throw Malformed("it takes a value from an empty stack");

    public object? Pop()
    {
        object? value = Peek();
        values.RemoveAt(values.Count - 1);
        return value;
    }

    /// <summary>The topmost values, lowest first.</summary>
    public object?[] Pop(int count)
    {
        if (Available < count)
            throw Malformed($"it takes {count} values from a stack of {Available}");
        object?[] items = [.. values[^count..]];
        values.RemoveRange(values.Count - count, count);
        return items;
    }

    public void Mark()
    {
        if (marks.Count == CheckpointLimits.MaxPickleMarks)
            throw new CheckpointException($"the pickle nests too deeply: more than {CheckpointLimits.MaxPickleMarks} levels");
        marks.Push(values.Count);
    }

    /// <summary>The values above the innermost mark, lowest first; the mark goes too.</summary>
    public object?[] PopToMark()
    {
        if (marks.Count == 0)
            throw Malformed("it looks for a mark that was never set");
        object?[] items = Pop(Available);
        marks.Pop();
        return items;
    }

    public CheckpointException Malformed(string how) => new($"the pickle is malformed at byte {input.Position - 1}: {how}");
}
