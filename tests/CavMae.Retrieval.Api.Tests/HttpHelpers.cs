using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace CavMae.Retrieval.Api.Tests;

internal static class HttpHelpers
{
    /// <summary>A multipart form with the file and further fields.</summary>
    public static MultipartFormDataContent Form(byte[] file, params (string Name, string Value)[] fields)
    {
        MultipartFormDataContent form = new() { { new ByteArrayContent(file), "file", "clip.mp4" } };
        foreach ((string name, string value) in fields)
            form.Add(new StringContent(value), name);
        return form;
    }

    public static async Task<HttpResponseMessage> PostFileAsync(this HttpClient client, string path, byte[] file, params (string Name, string Value)[] fields)
    {
        using MultipartFormDataContent form = Form(file, fields);
        return await client.PostAsync(new Uri(path, UriKind.Relative), form, TestContext.Current.CancellationToken);
    }

    /// <summary>The JSON of a successful answer.</summary>
    public static async Task<JsonNode> JsonAsync(this HttpResponseMessage response, int status = 200)
    {
        string text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True((int)response.StatusCode == status, $"{(int)response.StatusCode} where {status} was expected: {text}");
        return JsonNode.Parse(text)!;
    }

    public static async Task<JsonNode> GetJsonAsync(this HttpClient client, string path) =>
        (await client.GetFromJsonAsync<JsonNode>(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken))!;

    /// <summary>Checks that the answer is a problem of this status and gives its detail.</summary>
    public static async Task<string> ProblemAsync(this HttpResponseMessage response, int status)
    {
        JsonNode problem = await response.JsonAsync(status);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(status, (int)problem["status"]!);
        return (string?)problem["detail"] ?? "";
    }

    public static float[] Vector(this JsonNode node) => [.. node.AsArray().Select(n => (float)n!)];
}
