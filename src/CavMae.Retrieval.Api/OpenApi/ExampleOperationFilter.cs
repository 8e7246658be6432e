using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace CavMae.Retrieval.Api.OpenApi;

/// <summary>Puts an example beside each successful answer, each problem, and what is hard to guess.</summary>
internal sealed class ExampleOperationFilter : IOperationFilter
{
    private const string Clip = """
        {"id":"0199f3a8c1d27c4e9b1f5a7d3e6c8b20","title":"Harbour at dawn","tags":["harbour"],"metadata":{"reel":12},"durationSeconds":12.3,
         "hasAudio":true,"hasVideo":true,"width":1280,"height":720,"frameRate":25,"sha256":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
         "sizeBytes":740629,"modelId":"demo-fp32-0123456789ab","createdAt":"2026-01-31T09:30:00Z",
         "scenes":[{"index":0,"startSeconds":0,"endSeconds":10,"hasAudio":true,"hasVideo":true},{"index":1,"startSeconds":10,"endSeconds":12.3,"hasAudio":true,"hasVideo":true}]}
        """;

    private static readonly Dictionary<string, string> Answers = new()
    {
        ["UploadClip"] = Clip,
        ["GetClip"] = Clip,
        ["UpdateClip"] = Clip,
        ["ListClips"] = $$"""{"items":[{{Clip}}],"nextCursor":null}""",
        ["SearchAudioToVideo"] = Search("audio-to-video", parts: false),
        ["SearchVideoToAudio"] = Search("video-to-audio", parts: false),
        ["SearchSimilar"] = Search("similar", parts: true),
        ["GetClipMatches"] = Search("similar", parts: true),
        ["CreateEmbeddings"] = """{"modelId":"demo-fp32-0123456789ab","scenes":[{"index":0,"startSeconds":0,"endSeconds":10,"audio":[0.6,0.8],"visual":[0.8,-0.6]}]}""",
        ["GetModel"] = """{"modelId":"demo-fp32-0123456789ab","name":"demo","precision":"fp32","dimension":32,"trained":false,"provider":"Cpu","license":"MIT","trainingData":"none: random weights","sourceSha256":"2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"}""",
        ["GetLiveness"] = """{"status":"live"}""",
        ["GetReadiness"] = """{"status":"ready"}""",
    };

    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        foreach (IOpenApiParameter parameter in operation.Parameters ?? [])
            if (parameter is OpenApiParameter { Name: "filter" } filter)
                filter.Example = """{"place":"Paris","year":{"gte":2000,"lt":2010}}""";
        foreach ((string status, IOpenApiResponse response) in operation.Responses ?? [])
            foreach ((string type, IOpenApiMediaType content) in response.Content ?? new Dictionary<string, IOpenApiMediaType>())
                if (content is OpenApiMediaType described && FindExample(operation.OperationId, status, type) is { } example)
                    described.Example = example;
    }

    private static JsonNode? FindExample(string? operationId, string status, string type) => type switch
    {
        "application/problem+json" => Problem(status),
        "application/json" when Answers.TryGetValue(operationId ?? "", out string? answer) => JsonNode.Parse(answer),
        _ => null,
    };

    private static string Search(string direction, bool parts)
    {
        string detail = parts ? """ "parts":{"audioToVideo":0.71,"videoToAudio":0.65,"audioToAudio":0.88,"videoToVideo":0.9}, """ : "";
        return $$$"""
            {"modelId":"demo-fp32-0123456789ab","direction":"{{{direction}}}","query":{"durationSeconds":10,"scenes":1},
             "hits":[{"score":0.785,{{{detail}}}"clip":{"id":"0199f3a8c1d27c4e9b1f5a7d3e6c8b20","title":"Harbour at dawn","tags":["harbour"],"durationSeconds":12.3},
                      "scene":{"index":0,"startSeconds":0,"endSeconds":10},"queryScene":{"index":0,"startSeconds":0,"endSeconds":10}}],
             "timings":{"decodeMs":85.2,"embedMs":41.7,"searchMs":0.4}}
            """;
    }

    private static JsonObject Problem(string status) => new()
    {
        ["status"] = int.Parse(status, System.Globalization.CultureInfo.InvariantCulture),
        ["title"] = Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(int.Parse(status, System.Globalization.CultureInfo.InvariantCulture)),
        ["detail"] = "What was wrong, and what to do.",
    };
}
