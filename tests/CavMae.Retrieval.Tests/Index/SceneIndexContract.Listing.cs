using CavMae.Retrieval.Index;

namespace CavMae.Retrieval.Tests.Index;

public abstract partial class SceneIndexContract
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(10)]
    [InlineData(11)]
    public async Task List_PageByPage_GivesEachClipOnceInOrderOfUpload(int limit)
    {
        await using var index = await OpenAsync(Cancellation);
        var ids = Enumerable.Range(0, 10).Select(i => $"clip-{(i * 7) % 10}").ToArray();
        foreach (var id in ids)
            await TestClips.AddAsync(index, id, []);

        Assert.Equal(ids, await ListAllAsync(index, [], limit));
    }

    [Fact]
    public async Task List_ClipsComeAndGoBetweenPages_NothingTwiceNothingLeftOut()
    {
        await using var index = await OpenAsync(Cancellation);
        for (var i = 0; i < 9; i++)
            await TestClips.AddAsync(index, $"clip-{i}", []);

        var first = await index.ListAsync(ClipFilter.None, null, 3, Cancellation);
        await index.DeleteAsync("clip-0", Cancellation);
        // The last clip of the page, which the cursor stands for, goes too.
        await index.DeleteAsync("clip-2", Cancellation);
        await index.DeleteAsync("clip-4", Cancellation);
        await TestClips.AddAsync(index, "clip-5", []);
        await TestClips.AddAsync(index, "new", []);
        var second = await index.ListAsync(ClipFilter.None, first.NextCursor, 3, Cancellation);
        // The newest clip of all: a place in the order is never given again.
        await index.DeleteAsync("new", Cancellation);
        await TestClips.AddAsync(index, "newer", []);
        // Uploaded again after it was deleted: a new clip, at the end.
        await TestClips.AddAsync(index, "clip-0", []);
        var third = await index.ListAsync(ClipFilter.None, second.NextCursor, 10, Cancellation);

        Assert.Equal(["clip-0", "clip-1", "clip-2"], first.Items.Select(clip => clip.Id));
        Assert.Equal(["clip-3", "clip-5", "clip-6"], second.Items.Select(clip => clip.Id));
        Assert.Equal(["clip-7", "clip-8", "newer", "clip-0"], third.Items.Select(clip => clip.Id));
        Assert.Null(third.NextCursor);
    }

    [Fact]
    public async Task List_Tags_AllMustHold()
    {
        await using var index = await OpenAsync(Cancellation);
        await TestClips.AddAsync(index, "both", [], "dog", "outdoors");
        await TestClips.AddAsync(index, "one", [], "dog");
        await TestClips.AddAsync(index, "none", []);
        await TestClips.AddAsync(index, "case", [], "Dog", "outdoors");
        await TestClips.AddAsync(index, "more", [], "x", "outdoors", "dog");

        Assert.Equal(["both", "more"], await ListAllAsync(index, ["dog", "outdoors"], 1));
        Assert.Equal(["both", "one", "more"], await ListAllAsync(index, ["dog"], 2));
        Assert.Empty(await ListAllAsync(index, ["do"], 5));
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("not a cursor!")]
    [InlineData("AQAAAAAAAAABAAAAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task List_ForeignCursor_Throws(string cursor)
    {
        await using var index = await OpenAsync(Cancellation);
        await Assert.ThrowsAsync<InvalidCursorException>(() => index.ListAsync(ClipFilter.None, cursor, 10, Cancellation));
    }

    [Fact]
    public async Task List_CursorChangedInOneCharacter_Throws()
    {
        await using var index = await OpenAsync(Cancellation);
        await TestClips.AddAsync(index, "a", []);
        await TestClips.AddAsync(index, "b", []);
        var cursor = (await index.ListAsync(ClipFilter.None, null, 1, Cancellation)).NextCursor!;
        for (var i = 0; i < cursor.Length; i++)
        {
            var changed = cursor[..i] + (cursor[i] == 'A' ? 'B' : 'A') + cursor[(i + 1)..];
            await Assert.ThrowsAsync<InvalidCursorException>(() => index.ListAsync(ClipFilter.None, changed, 1, Cancellation));
        }
    }

    [Theory]
    [InlineData('!')] // no character of a cursor
    [InlineData('B')] // in the last place: bits that no cursor uses
    [InlineData('é')]
    public async Task List_CursorWithACharacterThatCannotBe_Throws(char foreign)
    {
        await using var index = await OpenAsync(Cancellation);
        await TestClips.AddAsync(index, "a", []);
        await TestClips.AddAsync(index, "b", []);
        var cursor = (await index.ListAsync(ClipFilter.None, null, 1, Cancellation)).NextCursor!;
        foreach (var changed in (string[])[foreign + cursor[1..], cursor[..^1] + foreign, new string('A', cursor.Length - 1) + foreign])
            await Assert.ThrowsAsync<InvalidCursorException>(() => index.ListAsync(ClipFilter.None, changed, 1, Cancellation));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1001)]
    public async Task List_LimitOutOfRange_Throws(int limit)
    {
        await using var index = await OpenAsync(Cancellation);
        await Assert.ThrowsAnyAsync<ArgumentException>(() => index.ListAsync(ClipFilter.None, null, limit, Cancellation));
    }

    private static Task<List<string>> ListAllAsync(ISceneIndex index, string[] tags, int limit) => ListAllAsync(index, new ClipFilter { Tags = tags }, limit);

    private static async Task<List<string>> ListAllAsync(ISceneIndex index, ClipFilter filter, int limit)
    {
        var ids = new List<string>();
        string? cursor = null;
        do
        {
            var page = await index.ListAsync(filter, cursor, limit, Cancellation);
            Assert.True(page.Items.Count <= limit);
            Assert.True(page.NextCursor is null || page.Items.Count == limit);
            ids.AddRange(page.Items.Select(clip => clip.Id));
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        return ids;
    }
}
