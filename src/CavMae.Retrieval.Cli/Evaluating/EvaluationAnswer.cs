using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using CavMae.Retrieval.Search;

namespace CavMae.Retrieval.Cli.Evaluating;

/// <summary>What an evaluation found. Recalls are shares, 0 to 1; times are in seconds.</summary>
/// <param name="Trained">False for random weights, whose recall is chance.</param>
/// <param name="Pairs">Pairs evaluated: as many queries, and as many candidates each.</param>
internal sealed record EvaluationAnswer(
    string ModelId, bool Trained, string Provider, int Pairs, AnswerRecall AudioToVideo, AnswerRecall VideoToAudio, AnswerRecall Chance,
    IReadOnlyList<AnswerLeftOut> LeftOut, AnswerSeconds Seconds)
{
    /// <summary>Whether something could not be read, which the exit code tells.</summary>
    [JsonIgnore]
    public bool HasUnreadable => LeftOut.Any(file => file.Kind == AnswerLeftOut.Unreadable);

    private static readonly EvaluationJson Json = new(new JsonSerializerOptions(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    public string ToJson() => JsonSerializer.Serialize(this, Json.EvaluationAnswer);
}

internal sealed record AnswerRecall(double RecallAt1, double RecallAt5, double RecallAt10, double MedianRank)
{
    public static AnswerRecall From(RecallReport report) => new(report.RecallAt1, report.RecallAt5, report.RecallAt10, report.MedianRank);

    /// <summary>What guessing reaches among as many candidates.</summary>
    public static AnswerRecall ChanceOf(RecallReport report) => new(report.ChanceAt(1), report.ChanceAt(5), report.ChanceAt(10), report.ChanceMedianRank);
}

/// <param name="Kind"><c>unreadable</c>, <c>oneSided</c> or <c>duplicate</c>.</param>
internal sealed record AnswerLeftOut(string Name, string Kind, string Reason)
{
    public static string Unreadable { get; } = NameOf(LeftOutKind.Unreadable);

    public static AnswerLeftOut From(LeftOutFile file) => new(file.Name, NameOf(file.Kind), file.Reason);

    private static string NameOf(LeftOutKind kind) => JsonNamingPolicy.CamelCase.ConvertName(kind.ToString());
}

/// <param name="Decode">Time waited for ffmpeg, all files added up; several are under way at once.</param>
/// <param name="Encode">Time waited for the encoders beyond that, all files added up.</param>
/// <param name="Search">From the first search to the last.</param>
/// <param name="Total">From the first file to the last search.</param>
internal sealed record AnswerSeconds(double Decode, double Encode, double Search, double Total)
{
    public static AnswerSeconds From(TimeSpan decode, TimeSpan encode, TimeSpan search, TimeSpan total) => new(Rounded(decode), Rounded(encode), Rounded(search), Rounded(total));

    private static double Rounded(TimeSpan time) => Math.Round(time.TotalSeconds, 6);
}

[JsonSerializable(typeof(EvaluationAnswer))]
internal sealed partial class EvaluationJson : JsonSerializerContext;
