using CavMae.Training.Data.Sets;

namespace CavMae.Training.Data.Preparing;

/// <summary>Labels of videos, from a CSV file with the header <c>file,labels</c>, where labels are identifiers with commas between: <c>dogs/rex.mp4,"/m/0bt9lr,/m/05tny_"</c>.</summary>
internal sealed class FileLabels
{
    private readonly Dictionary<string, string[]> _labels = new(StringComparer.Ordinal);

    public static FileLabels None { get; } = new();

    /// <summary>The files that are named.</summary>
    public IReadOnlyCollection<string> Names => _labels.Keys;

    /// <exception cref="DatasetException">Another header, a row of other fields, or a file twice.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static FileLabels Read(string path)
    {
        FileLabels all = new();
        bool isHeader = true;
        foreach ((int line, string[] fields) in CsvReader.ReadRows(path))
        {
            if (isHeader && fields is not ["file", "labels"])
                throw new DatasetException($"{path}, line {line}: the header is '{string.Join(',', fields)}', not 'file,labels'.");
            if (!isHeader && fields.Length != 2)
                throw new DatasetException($"{path}, line {line}: there are {fields.Length} fields, not 2; several labels stand in double quotes.");
            if (!isHeader && !all._labels.TryAdd(fields[0], fields[1].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)))
                throw new DatasetException($"{path}, line {line}: '{fields[0]}' is there a second time.");
            isHeader = false;
        }
        return all;
    }

    /// <summary>A video's labels; none where it is not named.</summary>
    public IReadOnlyList<string> Of(VideoFile file) => _labels.GetValueOrDefault(file.Name, []);
}
