using Microsoft.Extensions.Primitives;

namespace CavMae.Retrieval.Api.Jobs;

/// <summary>The <c>Prefer</c> header (RFC 7240).</summary>
internal static class Preference
{
    public const string RespondAsync = "respond-async";

    /// <summary>Whether the client does not want to wait; other preferences, and parameters, are let be.</summary>
    public static bool IsRespondAsync(HttpRequest request)
    {
        foreach (string? line in request.Headers["Prefer"])
            foreach (StringSegment preference in new StringTokenizer(line ?? "", [',']))
                if (preference.Split([';', '=']).First().Trim().Equals(RespondAsync, StringComparison.OrdinalIgnoreCase))
                    return true;
        return false;
    }
}
