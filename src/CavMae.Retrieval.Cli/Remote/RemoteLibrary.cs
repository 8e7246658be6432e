using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using CavMae.Retrieval.Cli.Indexing;
using CavMae.Retrieval.Cli.Libraries;
using CavMae.Retrieval.Cli.Searching;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Search;

namespace CavMae.Retrieval.Cli.Remote;

/// <summary>The clips of a running service, over HTTP.</summary>
internal sealed class RemoteLibrary : ILibrary
{
    private const int BufferBytes = 128 * 1024;
    private const int PageSize = 200;

    private readonly ServiceClient client;
    private readonly JobWaiter jobs;

    /// <summary>Clips by content, asked for once: what is there need not be sent.</summary>
    private readonly Lazy<Task<ConcurrentDictionary<string, (string Id, string Title)>>> present;

    private RemoteLibrary(ServiceClient client, CancellationToken cancellationToken)
    {
        this.client = client;
        jobs = new JobWaiter(client);
        present = new(() => ListContentsAsync(cancellationToken));
    }

    /// <summary>Sees that a service answers.</summary>
    /// <exception cref="ServiceUnreachableException">None does.</exception>
    public static async Task<RemoteLibrary> OpenAsync(Uri server, CancellationToken cancellationToken)
    {
        ServiceClient client = new(server);
        try
        {
            await client.SendAsync(() => new HttpRequestMessage(HttpMethod.Get, "model"), ServiceJson.Default.ServiceModel, cancellationToken).ConfigureAwait(false);
            return new RemoteLibrary(client, cancellationToken);
        }
        catch (ServiceRefusalException problem)
        {
            client.Dispose();
            throw new ServiceUnreachableException($"What answers at {server} is no service of this kind: {problem.Message}", problem);
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    public async Task<FileReport> AddAsync(string path, IReadOnlyList<string> tags, Action<long> advance, CancellationToken cancellationToken)
    {
        ConcurrentDictionary<string, (string Id, string Title)> known = await present.Value.WaitAsync(cancellationToken).ConfigureAwait(false);
        string content = await HashAsync(path, cancellationToken).ConfigureAwait(false);
        if (known.TryGetValue(content, out (string Id, string Title) there))
            return FileReport.Present(path, there.Id, there.Title);
        (ClipAnswer clip, bool isNew) = await UploadAsync(path, tags, advance, cancellationToken).ConfigureAwait(false);
        known.TryAdd(clip.Sha256, (clip.Id, clip.Title));
        return isNew ? FileReport.Indexed(path, clip.Id, clip.Scenes.Count) : FileReport.Present(path, clip.Id, clip.Title);
    }

    public async Task<SearchAnswer> SearchAsync(string path, SearchDirection direction, SearchParameters parameters, LibraryFilter filter, CancellationToken cancellationToken)
    {
        string query = string.Create(CultureInfo.InvariantCulture, $"search/{DirectionNames.Of(direction)}?limit={parameters.Limit}&groupBy={(parameters.Grouping is Grouping.Scene ? "scene" : "clip")}")
            + (parameters.MinScore is { } minScore ? string.Create(CultureInfo.InvariantCulture, $"&minScore={minScore:R}") : "") + QueryOf(filter);
        using HttpResponseMessage response = await SendFileAsync(query, path, [], _ => { }, null, cancellationToken).ConfigureAwait(false);
        return await client.ReadAsync(response, AnswerJson.Default.SearchAnswer, cancellationToken).ConfigureAwait(false);
    }

    public async IAsyncEnumerable<ClipAnswer> ListAsync(LibraryFilter filter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? cursor = null;
        do
        {
            string address = string.Create(CultureInfo.InvariantCulture, $"clips?limit={PageSize}{QueryOf(filter)}{(cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}")}");
            ClipAnswerPage page = await client.SendAsync(() => new HttpRequestMessage(HttpMethod.Get, address), ClipJson.Default.ClipAnswerPage, cancellationToken).ConfigureAwait(false);
            foreach (ClipAnswer clip in page.Items)
                yield return clip;
            cursor = page.NextCursor;
        }
        while (cursor is not null);
    }

    public async Task<bool> RemoveAsync(string clipId, CancellationToken cancellationToken)
    {
        bool isRetry = false;
        try
        {
            using HttpResponseMessage response = await client.SendAsync(
                () => new HttpRequestMessage(HttpMethod.Delete, $"clips/{Uri.EscapeDataString(clipId)}"), cancellationToken, () => isRetry = true).ConfigureAwait(false);
            return true;
        }
        catch (ServiceRefusalException problem) when (problem.Status is HttpStatusCode.NotFound)
        {
            // The try before may have removed it and its answer been lost.
            return isRetry;
        }
    }

    public ValueTask DisposeAsync()
    {
        client.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<(ClipAnswer Clip, bool IsNew)> UploadAsync(string path, IReadOnlyList<string> tags, Action<long> advance, CancellationToken cancellationToken)
    {
        bool isRetry = false;
        (string, string)[] fields = [("title", Path.GetFileName(path)), .. tags.Select(tag => ("tag", tag))];
        try
        {
            using HttpResponseMessage response = await SendFileAsync("clips", path, fields, advance, () => isRetry = true, cancellationToken).ConfigureAwait(false);
            if (response.StatusCode is HttpStatusCode.Accepted)
                return (await jobs.WaitAsync(response, cancellationToken).ConfigureAwait(false), true);
            ClipAnswer clip = await client.ReadAsync(response, ClipJson.Default.ClipAnswer, cancellationToken).ConfigureAwait(false);
            // There after a lost answer: it was this upload that brought it.
            return (clip, response.StatusCode is HttpStatusCode.Created || isRetry);
        }
        catch (Exception problem) when (problem is ServiceRefusalException or IOException or UnauthorizedAccessException)
        {
            throw new FileRefusedException(problem.Message, problem);
        }
    }

    private async Task<HttpResponseMessage> SendFileAsync(
        string address, string path, (string Name, string Value)[] fields, Action<long> advance, Action? onRetry, CancellationToken cancellationToken)
    {
        FileContent? file = null;
        return await client.SendAsync(() =>
        {
            // The service is blameless where the file cannot be read, and another try in vain.
            if (file?.ReadFailure is { } failure)
                throw new IOException(failure.Message, failure);
            file = new FileContent(path, new FileInfo(path).Length, advance);
            return new HttpRequestMessage(HttpMethod.Post, address) { Content = Form(file, fields), Headers = { ExpectContinue = true } };
        }, cancellationToken, onRetry).ConfigureAwait(false);
    }

    /// <summary>The file comes last, so that a form with a mistake is refused before it is sent.</summary>
    private static MultipartFormDataContent Form(FileContent file, (string Name, string Value)[] fields)
    {
        MultipartFormDataContent form = [];
        foreach ((string name, string value) in fields)
            form.Add(new StringContent(value), name);
        file.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        form.Add(file, "file", "file");
        return form;
    }

    private async Task<ConcurrentDictionary<string, (string Id, string Title)>> ListContentsAsync(CancellationToken cancellationToken)
    {
        ConcurrentDictionary<string, (string Id, string Title)> contents = new(StringComparer.Ordinal);
        await foreach (ClipAnswer clip in ListAsync(LibraryFilter.None, cancellationToken).ConfigureAwait(false))
            contents.TryAdd(clip.Sha256, (clip.Id, clip.Title));
        return contents;
    }

    private static async Task<string> HashAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            FileStream content = new(path, new FileStreamOptions { Share = FileShare.Read, BufferSize = BufferBytes, Options = FileOptions.Asynchronous | FileOptions.SequentialScan });
            await using (content.ConfigureAwait(false))
                return Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new FileRefusedException(problem.Message, problem);
        }
    }

    private static string QueryOf(LibraryFilter filter) =>
        string.Concat(filter.Clips.Tags.Select(tag => $"&tag={Uri.EscapeDataString(tag)}")) + (filter.Text is { } text ? $"&filter={Uri.EscapeDataString(text)}" : "");
}
