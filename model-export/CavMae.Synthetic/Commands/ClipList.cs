using System.Text.Json.Serialization;

namespace CavMae.Synthetic.Commands;

/// <summary>What <c>.clips.json</c> says.</summary>
/// <param name="Split">held-out or training.</param>
internal sealed record ClipList(string Split, int Seed, IReadOnlyList<ClipEntry> Clips);

/// <summary>One clip of the list.</summary>
/// <param name="File">File name in the same folder.</param>
/// <param name="Parameters">By name, each in [0, 1].</param>
internal sealed record ClipEntry(string File, string Kind, IReadOnlyDictionary<string, float> Parameters);

/// <summary>Source-generated JSON of the list.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(ClipList))]
internal sealed partial class ClipListJson : JsonSerializerContext;
