using System.Text.Json.Nodes;
using CavMae.Retrieval.Api.Errors;
using CavMae.Retrieval.Index;

namespace CavMae.Retrieval.Api.Uploads;

/// <summary><see cref="ClipRules"/> for requests. Every method throws <see cref="ApiException"/> (400) that names the field.</summary>
internal static class ClipFields
{
    public const int MaxTags = ClipRules.MaxTags;
    public const int MaxTagLength = ClipRules.MaxTagLength;
    public const int MaxTitleLength = ClipRules.MaxTitleLength;

    public static string CheckId(string id) => Ask(ClipRules.CheckId, id);

    public static string CheckTitle(string title) => Ask(ClipRules.CheckTitle, title);

    public static IReadOnlyList<string> CheckTags(IReadOnlyList<string> tags) => Ask(ClipRules.CheckTags, tags);

    public static JsonObject ParseMetadata(string text) => Ask(ClipRules.ParseMetadata, text);

    private static TResult Ask<T, TResult>(Func<T, TResult> rule, T value)
    {
        try
        {
            return rule(value);
        }
        catch (InvalidDataException e)
        {
            throw ApiException.BadRequest(e.Message);
        }
    }
}
