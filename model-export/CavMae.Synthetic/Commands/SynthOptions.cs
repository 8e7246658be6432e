namespace CavMae.Synthetic.Commands;

/// <summary>Which clips to write, and where.</summary>
internal sealed record SynthOptions
{
    /// <summary>Folder for the clips; made where missing.</summary>
    public required string Folder { get; init; }

    /// <summary>Clips to write, 1 or more.</summary>
    public int Count { get; init; } = 48;

    /// <summary>Index of the first, 0 or more.</summary>
    public int First { get; init; }

    public int Seed { get; init; } = 1;

    public SyntheticSplit Split { get; init; } = SyntheticSplit.HeldOut;

    /// <summary>Clips encoded at a time, 1 or more.</summary>
    public int Jobs { get; init; } = Environment.ProcessorCount;

    /// <summary>The split as the command line and .clips.json spell it.</summary>
    public string SplitName => Split == SyntheticSplit.HeldOut ? "held-out" : "training";

    /// <summary>File name of a clip: index, kind.</summary>
    public static string FileName(int index, SyntheticClip clip) => $"{index:D5}-{clip.KindName}.mp4";
}
