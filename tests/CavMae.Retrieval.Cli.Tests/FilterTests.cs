using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using CavMae.Retrieval.Api.Tests;
using CavMae.Retrieval.Cli.Tests.Support;
using CavMae.Retrieval.Index;
using CavMae.Tests.Shared;

namespace CavMae.Retrieval.Cli.Tests;

/// <summary><c>--filter</c>, on a data folder and on a service.</summary>
public sealed class FilterTests : CliTest
{
    /// <summary>Text that addresses, shells and JSON each give another meaning to.</summary>
    private const string Hostile = "Köln's \"Umland\" 100% %22 %C3 \\ /a?b=c&tag=x#y+z {} 漢字 😀 \u0000\n";

    /// <summary>Three bytes and nine characters of an address each: together near the longest filter there may be.</summary>
    private static readonly string Long = new('漢', 4000);

    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public async Task ListAndSearch_OnFolderAndService_GiveTheSame()
    {
        await IndexBothAsync();
        (string[] Filters, string[] Titles)[] cases =
        [
            (["""{"year": 2004}"""], [Zoom]),
            (["""{"year": {"gte": 2000}}"""], [Zoom, Bars]),
            (["""{"year": {"gte": 2000}}""", """{"camera.model": {"in": ["X", "Y"]}}"""], [Zoom]),
            (["""{"recorded": {"lt": "2024-01-02"}}"""], [Bars]),
            ([Asking("place", Hostile)], [Zoom]),
            ([Asking("place", Hostile + "x")], []),
            ([Asking(@"a\.b\\c", "%2C\"")], [Zoom]),
            ([Asking(@"a\.b\\c", "%2C\""), Asking("place", Hostile)], [Zoom]),
            ([Asking("long", Long)], [Bars]),
            (["""{"missing": 1}"""], []),
            (["""{"camera.missing": {"gte": 1}}"""], []),
            (["{}"], [Zoom, Bars]),
        ];
        List<(string Listed, string Found)> locally = [];
        foreach ((string[] filters, string[] titles) in cases)
        {
            (string Listed, string Found) answer = await AskAsync(filters, command => RunAsync(command));
            Assert.Equal(titles, TitlesOf(answer.Listed));
            locally.Add(answer);
        }
        await using ServiceProcess service = await ServiceProcess.StartAsync(DataFolder);

        for (int i = 0; i < cases.Length; i++)
            Assert.Equal(locally[i], await AskAsync(cases[i].Filters, command => RunBareAsync([.. command, "--server", service.Client.BaseAddress!.ToString()], Cancellation)));
    }

    [Fact]
    public async Task Search_FilterAndTag_MustBothHold()
    {
        await IndexBothAsync();

        Outcome both = await RunAsync("search", Fixtures.Clip(Zoom), "--direction", "similar", "--json", "--tag", "t", "--filter", """{"year": 2004}""");
        Outcome none = await RunAsync("search", Fixtures.Clip(Zoom), "--direction", "similar", "--tag", "u", "--filter", """{"year": 2004}""");

        Assert.Equal(Zoom, Assert.Single(both.Json.GetProperty("hits").EnumerateArray()).GetProperty("clip").GetProperty("title").GetString());
        Assert.Equal(0, none.ExitCode);
        Assert.Contains("Nothing was found.", none.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("The filter is not JSON", "{year: 2004}")]
    [InlineData("The filter is not JSON", "")]
    [InlineData("The filter is not JSON", """{"a": 1, "a": 2}""")]
    [InlineData("has to be a JSON object", "2004")]
    [InlineData("The filter's condition on 'year' asks for null", """{"year": null}""")]
    [InlineData("The filter's condition on 'a..b' has an empty name", """{"a..b": 1}""")]
    [InlineData("The filter's condition on 'b' is a list", """{"a": 1}""", """{"b": [1]}""")]
    [InlineData("Two filters have a condition on 'year'", """{"year": {"gte": 2000}}""", """{"y\u0065ar": {"lt": 2010}}""")]
    [InlineData("The filter has a string that is not Unicode text", """{"a": "\ud800"}""")]
    public async Task ListAndSearch_BadFilter_IsBadUseBeforeAnythingIsOpened(string message, params string[] filters)
    {
        string[] options = [.. filters.SelectMany(filter => (string[])["--filter", filter])];
        using StubService service = new();
        foreach (string[] command in (string[][])[["list"], ["search", Fixtures.Clip(Zoom), "--direction", "similar"]])
        {
            Outcome locally = await RunAsync([.. command, .. options]);
            Outcome remotely = await RunBareAsync([.. command, .. options, "--server", service.Address.ToString()], Cancellation);

            Assert.Equal((2, 2), (locally.ExitCode, remotely.ExitCode));
            Assert.Contains(message, locally.Error, StringComparison.Ordinal);
            Assert.Contains(message, remotely.Error, StringComparison.Ordinal);
        }
        Assert.False(Directory.Exists(DataFolder));
        Assert.Equal(0, service.Connections);
    }

    [Fact]
    public async Task List_FilterTooLong_IsBadUse()
    {
        string[] half = [Asking("a", Long[..2500]), Asking("b", Long[..2500])];

        Outcome outcome = await RunAsync("list", "--filter", half[0], "--filter", half[1]);

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("at most 4096 are allowed", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("search")]
    [InlineData("list")]
    public async Task Help_ShowsFilters(string command)
    {
        Outcome outcome = await RunBareAsync([command, "--help"], Cancellation);

        Assert.Equal(0, outcome.ExitCode);
        Assert.Matches($"(?m)^  cavmae {command} .*--filter '", outcome.Output);
        Assert.DoesNotContain("cavmae index", outcome.Output, StringComparison.Ordinal);
    }

    private static async Task<(string Listed, string Found)> AskAsync(string[] filters, Func<string[], Task<Outcome>> run)
    {
        string[] options = [.. filters.SelectMany(filter => (string[])["--filter", filter])];
        Outcome listed = await run(["list", "--json", .. options]);
        Outcome found = await run(["search", Fixtures.Clip(Zoom), "--direction", "similar", "--json", .. options]);
        Assert.Equal((0, 0), (listed.ExitCode, found.ExitCode));
        return (listed.Output, found.Json.GetProperty("hits").GetRawText());
    }

    private async Task IndexBothAsync()
    {
        Assert.Equal(0, (await RunAsync("index", Fixtures.Clip(Zoom), Fixtures.Clip(Bars), "--tag", "t", "--parallel", "1")).ExitCode);
        await WithIndexAsync(async index =>
        {
            foreach (ClipRecord clip in (await index.ListAsync(ClipFilter.None, null, 10, Cancellation)).Items)
                await index.UpdateAsync(clip.Id, new ClipChanges
                {
                    Metadata = clip.Title == Zoom
                        ? new JsonObject { ["year"] = 2004, ["place"] = Hostile, [@"a.b\c"] = "%2C\"", ["camera"] = new JsonObject { ["model"] = "X" } }
                        : new JsonObject { ["year"] = 2010, ["long"] = Long, ["recorded"] = "2024-01-01T12:00:00Z", ["camera"] = new JsonObject { ["model"] = "Z" } },
                }, Cancellation);
            return true;
        });
    }

    private static string Asking(string key, string value) => new JsonObject { [key] = value }.ToJsonString(Readable);

    private static IEnumerable<string?> TitlesOf(string lines) =>
        lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("title").GetString());
}
