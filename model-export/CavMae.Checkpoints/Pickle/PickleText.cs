using System.Numerics;

namespace CavMae.Checkpoints.Pickle;

/// <summary>Words for messages about what a pickle holds.</summary>
internal static class PickleText
{
    public static string Kind(object? value) => value switch
    {
        null => "None",
        bool => "a truth value",
        long or BigInteger or double => "a number",
        string => "text",
        byte[] => "bytes",
        PickleTuple => "a tuple",
        PickleList => "a list",
        PickleDictionary => "a dict",
        PickleGlobal global => global.ToString(),
        StorageReference => "a storage",
        TensorReference => "a tensor",
        _ => "an unknown value",
    };

    /// <summary>Text from a file made safe for a terminal: at most 200 characters, control characters replaced.</summary>
    public static string Printable(string text)
    {
        string cut = text.Length > 200 ? text[..200] + "…" : text;
        return string.Concat(cut.Select(c => char.IsControl(c) ? '?' : c));
    }
}
