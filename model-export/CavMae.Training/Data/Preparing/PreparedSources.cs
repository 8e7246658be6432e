using System.Text;
using System.Text.Json;
using CavMae.Training.Data.Sets;

namespace CavMae.Training.Data.Preparing;

/// <summary>
/// Of what the clips of a prepared folder were made: <c>prepared.jsonl</c>, one line for each time a clip was made, of which its last one counts.
/// Open it belongs to one process. Thread-safe.
/// </summary>
internal sealed class PreparedSources : IDisposable
{
    private readonly FileStream _file;
    private readonly Dictionary<string, PreparedSource> _byId = new(StringComparer.OrdinalIgnoreCase);
    private readonly Lock _gate = new();

    private PreparedSources(FileStream file) => _file = file;

    /// <exception cref="DatasetException">A line that is none.</exception>
    /// <exception cref="IOException">The file cannot be read or written, or another process has it open.</exception>
    public static PreparedSources Open(string path)
    {
        PreparedSources sources = new(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        try
        {
            sources.ReadAll();
            return sources;
        }
        catch
        {
            sources.Dispose();
            throw;
        }
    }

    /// <summary>Of what a clip was made; null where that is not known.</summary>
    public PreparedSource? Of(string id)
    {
        lock (_gate)
            return _byId.GetValueOrDefault(id);
    }

    /// <summary>Notes of what a clip is made; it is on the disk when this returns.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Set(PreparedSource source)
    {
        lock (_gate)
        {
            _file.Write([.. JsonSerializer.SerializeToUtf8Bytes(source, PreparedSourceContext.Default.PreparedSource), (byte)'\n']);
            _file.Flush(flushToDisk: true);
            _byId[source.Id] = source;
        }
    }

    /// <summary>
    /// The videos with the ids that their clips have here. A video is the one a clip was made of if it has that one's path; or its name, length and time of
    /// writing, where that path is no longer there: then it was moved. Of the others those whose id is taken get one with a hash of their path.
    /// </summary>
    /// <param name="listed">Ids in the folder's list, by whomever they were put there.</param>
    public IReadOnlyList<VideoFile> GiveIds(IReadOnlyList<VideoFile> videos, IEnumerable<string> listed)
    {
        Dictionary<string, string> idOfPath = new(StringComparer.Ordinal);
        foreach (PreparedSource source in _byId.Values)
            idOfPath[source.Path] = source.Id;
        ILookup<string, PreparedSource> byName = _byId.Values.ToLookup(source => source.Name, StringComparer.Ordinal);
        HashSet<string> taken = new(_byId.Keys.Concat(listed), StringComparer.OrdinalIgnoreCase), moved = new(StringComparer.Ordinal);
        return [.. videos.Select(video => video with { Id = IdOf(video) })];

        string IdOf(VideoFile video) => idOfPath.GetValueOrDefault(video.Path)
            ?? byName[video.Name].FirstOrDefault(source => !File.Exists(source.Path) && source.LooksLike(PreparedSource.TryOf(video)) && moved.Add(source.Id))?.Id
            ?? (taken.Add(video.Id) ? video.Id : VideoFiles.IdWithHash(video.Name, video.Path));
    }

    public void Dispose() => _file.Dispose();

    private void ReadAll()
    {
        var bytes = new byte[_file.Length];
        _file.ReadExactly(bytes);
        // Of a process that was killed the last line may be there in part: it ends without a line end.
        int whole = Array.LastIndexOf(bytes, (byte)'\n') + 1;
        _file.SetLength(whole);
        _file.Position = whole;
        int number = 0;
        foreach (string line in Encoding.UTF8.GetString(bytes, 0, whole).Split('\n')[..^1])
        {
            PreparedSource source = Parse(line, ++number);
            _byId[source.Id] = source;
        }
    }

    private PreparedSource Parse(string line, int number)
    {
        const string Remedy = "without that line its clip is made again";
        try
        {
            return JsonSerializer.Deserialize(line, PreparedSourceContext.Default.PreparedSource) is { Id: not null, Path: not null, Name: not null } source
                ? source
                : throw new DatasetException($"{_file.Name}, line {number}: a clip without \"id\", \"path\" or \"name\"; {Remedy}.");
        }
        catch (JsonException problem)
        {
            throw new DatasetException($"{_file.Name}, line {number}: {problem.Message}; {Remedy}.", problem);
        }
    }
}
