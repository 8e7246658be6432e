using System.Text.Json.Serialization;
using Microsoft.Win32.SafeHandles;

namespace CavMae.Training.Data.Preparing;

/// <summary>Of what a clip of a prepared folder was made: a line of <c>prepared.jsonl</c>.</summary>
/// <param name="Id">The clip's.</param>
/// <param name="Path">The video's full path.</param>
/// <param name="Name">Its path below the folder that was given.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="ModifiedUtc">When it was last written.</param>
internal sealed record PreparedSource(string Id, string Path, string Name, long Bytes, DateTime ModifiedUtc)
{
    /// <summary>A video as it is now; null where it is not there or may not be read.</summary>
    public static PreparedSource? TryOf(VideoFile file)
    {
        try
        {
            // Opened, so that of a link the numbers are its target's.
            using SafeFileHandle handle = File.OpenHandle(file.Path);
            return new PreparedSource(file.Id, file.Path, file.Name, RandomAccess.GetLength(handle), File.GetLastWriteTimeUtc(handle));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Whether length and time of writing are the same.</summary>
    public bool LooksLike(PreparedSource? other) => (Bytes, ModifiedUtc) == (other?.Bytes, other?.ModifiedUtc);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(PreparedSource))]
internal sealed partial class PreparedSourceContext : JsonSerializerContext;
