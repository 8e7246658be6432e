using System.Text;
using System.Text.Json.Nodes;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Search;

namespace CavMae.Retrieval.Tests.Search;

public sealed class ClipFilterParserTests
{
    [Fact]
    public void Parse_EveryKindOfCondition_GivesItsParts()
    {
        IReadOnlyList<MetadataCondition> conditions = ClipFilterParser.Parse(
            """{"place": "Paris", "kind": {"in": ["a", 2, true]}, "camera.lens\\.mm": {"gt": 1.5, "lte": 35}, "recorded": {"gte": "2024-01-31", "lt": "2024-02-01T12:00:00.5+02:00"}}""");

        Assert.Equal([["place"], ["kind"], ["camera", "lens.mm"], ["recorded"]], conditions.Select(condition => condition.Path));
        Assert.Equal(["\"Paris\""], Values(conditions[0]));
        Assert.Equal(["\"a\"", "2", "true"], Values(conditions[1]));
        Assert.Equal(new Bounds<double> { GreaterThan = 1.5, AtMost = 35 }, Assert.IsType<MetadataNumberRange>(conditions[2]).Bounds);
        Assert.Equal(new Bounds<DateTimeOffset>
        {
            AtLeast = new DateTimeOffset(2024, 1, 31, 0, 0, 0, TimeSpan.Zero),
            LessThan = new DateTimeOffset(2024, 2, 1, 12, 0, 0, 500, TimeSpan.FromHours(2)),
        }, Assert.IsType<MetadataDateRange>(conditions[3]).Bounds);

        static IEnumerable<string> Values(MetadataCondition condition) => Assert.IsType<MetadataIsOneOf>(condition).Values.Select(value => value.ToJsonString());
    }

    [Fact]
    public void Parse_NoCondition_GivesNone() => Assert.Empty(ClipFilterParser.Parse("{}"));

    [Theory]
    [InlineData("", "not JSON")]
    [InlineData("{", "not JSON")]
    [InlineData("{} x", "not JSON")]
    [InlineData("{'a': 1}", "not JSON")]
    [InlineData("""{"a": 1, "a": 2}""", "'a'")]
    [InlineData("null", "object")]
    [InlineData("[]", "a list of 0")]
    [InlineData("7", "7")]
    [InlineData("""{"a": null}""", "'a' asks for null")]
    [InlineData("""{"a": ["x"]}""", "\"in\"")]
    [InlineData("""{"a": {}}""", "no operator")]
    [InlineData("""{"a": {"like": "x"}}""", "unknown operator 'like'")]
    [InlineData("""{"a": {"$gt": 1}}""", "unknown operator '$gt'")]
    [InlineData("""{"a": {"in": "x"}}""", "'in'")]
    [InlineData("""{"a": {"in": []}}""", "a list of 0")]
    [InlineData("""{"a": {"in": [1, [2]]}}""", "a list of 1")]
    [InlineData("""{"a": {"in": [1], "gt": 0}}""", "beside 'in'")]
    [InlineData("""{"a": {"gt": 1, "gte": 2}}""", "both 'gt' and 'gte'")]
    [InlineData("""{"a": {"lt": 1, "lte": 2}}""", "both 'lt' and 'lte'")]
    [InlineData("""{"a": {"gt": 1, "lt": "2024-01-01"}}""", "mixes")]
    [InlineData("""{"a": {"gt": true}}""", "true as bound 'gt'")]
    [InlineData("""{"a": {"gt": 1, "lt": {}}}""", "an object as bound 'lt'")]
    [InlineData("""{"a": {"gt": "yesterday"}}""", "'yesterday' as bound 'gt'")]
    [InlineData("""{"a": {"gt": "2024-02-30"}}""", "2024-02-30")]
    [InlineData("""{"a": {"gte": 2, "lt": 2}}""", "nothing lies")]
    [InlineData("""{"a": {"gt": 2, "lte": 2}}""", "nothing lies")]
    [InlineData("""{"a": {"gte": 3, "lte": 2}}""", "nothing lies")]
    [InlineData("""{"a": {"gte": "2024-01-02", "lt": "2024-01-01"}}""", "nothing lies")]
    [InlineData("""{"a": {"gt": 1e999}}""", "64-bit")]
    [InlineData("""{"a": -1e999}""", "64-bit")]
    [InlineData("""{"": 1}""", "empty name")]
    [InlineData("""{"a..b": 1}""", "empty name")]
    [InlineData("""{".": 1}""", "empty name")]
    [InlineData("""{"a\\": 1}""", "'\\'")]
    [InlineData("""{"a\\n": 1}""", "'\\'")]
    [InlineData("""{"a": "\ud800"}""", "Unicode")]
    [InlineData("""{"\ud800": 1}""", "Unicode")]
    [InlineData("""{"a": {"in": ["\udc00"]}}""", "Unicode")]
    [InlineData("""{"a": {"\ud800": 1}}""", "Unicode")]
    public void Parse_BadFilter_SaysWhatIsWrongAndWhere(string text, string words)
    {
        string message = Assert.Throws<ClipFilterException>(() => ClipFilterParser.Parse(text)).Message;
        Assert.Contains(words, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_HalfASurrogatePairUnescaped_IsRefused() =>
        Assert.Throws<ClipFilterException>(() => ClipFilterParser.Parse("{\"a\": \"\ud800\"}"));

    [Fact]
    public void Parse_OverALimit_NamesTheLimit()
    {
        AssertLimit("{\"a\": \"" + new string('x', ClipFilterParser.MaxLength) + "\"}", ClipFilterParser.MaxLength);
        AssertLimit("{" + string.Join(',', Enumerable.Range(0, ClipFilterParser.MaxConditions + 1).Select(i => $"\"k{i}\": 1")) + "}", ClipFilterParser.MaxConditions);
        AssertLimit("{\"a\": {\"in\": [" + string.Join(',', Enumerable.Range(0, ClipFilterParser.MaxValues + 1)) + "]}}", ClipFilterParser.MaxValues);
        AssertLimit("{\"" + string.Join('.', Enumerable.Repeat("a", ClipFilterParser.MaxPathDepth + 1)) + "\": 1}", ClipFilterParser.MaxPathDepth);
        Assert.Throws<ClipFilterException>(() => ClipFilterParser.Parse(new string('[', 2000)));
        Assert.Throws<ClipFilterException>(() => ClipFilterParser.Parse(string.Concat(Enumerable.Repeat("{\"a\":", 500))));

        static void AssertLimit(string text, int limit) =>
            Assert.Contains($" {limit} ", Assert.Throws<ClipFilterException>(() => ClipFilterParser.Parse(text)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_RandomText_GivesConditionsOrARefusal()
    {
        string[] pieces = ["{", "}", "[", "]", ":", ",", "\"", "\\", ".", "a", "in", "gt", "lte", "\"gt\":", "\"in\":", "{\"a\":", "1", "-", "1e999", "null", "true", "\"2024-01-01\"", "\ud800", "\\ud800", "\0", "é", "🎬", " ", "\u2028", "99999-01-01"];
        Random random = new(20260303);
        int understood = 0;
        for (int i = 0; i < 20_000; i++)
        {
            StringBuilder text = new(random.Next(2) == 0 ? "{\"a\":" : "");
            for (int piece = random.Next(12); piece > 0; piece--)
                text.Append(pieces[random.Next(pieces.Length)]);
            if (random.Next(2) == 0)
                text.Append('}');
            try
            {
                // What is understood can also be asked.
                foreach (MetadataCondition condition in ClipFilterParser.Parse(text.ToString()))
                    condition.Holds(new JsonObject { ["a"] = 1 });
                understood++;
            }
            catch (ClipFilterException)
            {
                // The one exception that is allowed.
            }
        }
        Assert.True(understood > 10, "the pieces never made a filter, so nothing was tried");
    }

    [Theory]
    [InlineData("2024-02-29", "2024-02-29T00:00:00Z")]
    [InlineData("2024-02-29T12:30:00Z", "2024-02-29T12:30:00Z")]
    [InlineData("2024-02-29T12:30:00+05:30", "2024-02-29T07:00:00Z")]
    [InlineData("2024-02-29T12:30:00.25Z", "2024-02-29T12:30:00.25Z")]
    [InlineData("2024-02-29T12:30:00.123456789Z", "2024-02-29T12:30:00.1234567Z")]
    [InlineData("2024-02-29T12:30:00.1234567890-01:00", "2024-02-29T13:30:00.1234567Z")]
    [InlineData("2024-02-29T12:30:00", "2024-02-29T12:30:00Z")]
    [InlineData("2024-2-29", null)]
    [InlineData("29.02.2024", null)]
    [InlineData("2024-02-29T12:30Z", null)]
    [InlineData("2024-02-29T12:30:00.123456789x", null)]
    [InlineData("0001-01-01T00:00:00+14:00", null)]
    [InlineData("", null)]
    public void TryParseDate_Text_GivesTheInstantOrNone(string text, string? expected)
    {
        DateTimeOffset? instant = MetadataDateRange.TryParse(text, out DateTimeOffset parsed) ? parsed : null;
        Assert.Equal(expected is null ? null : DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture), instant);
    }
}
