using System.Globalization;

namespace CavMae.Training.Data.Sets;

/// <summary>A class of sounds.</summary>
/// <param name="Index">Its place in label vectors, from 0.</param>
/// <param name="Mid">Its identifier in data sets, like <c>/m/09x0r</c>.</param>
/// <param name="DisplayName">What people call it, like <c>Male speech, man speaking</c>.</param>
public sealed record Label(int Index, string Mid, string DisplayName);

/// <summary>The classes of a data set, from a CSV file with the header <c>index,mid,display_name</c>. Immutable.</summary>
public sealed class LabelTable
{
    private static readonly string[] Header = ["index", "mid", "display_name"];

    private readonly Dictionary<string, Label> _byMid = new(StringComparer.Ordinal);
    private readonly string _path;

    private LabelTable(string path) => _path = path;

    /// <summary>In the order of their indices, 0 … Count − 1.</summary>
    public IReadOnlyList<Label> Labels { get; private set; } = [];

    public int Count => Labels.Count;

    /// <exception cref="DatasetException">Another header, a row of other fields, an index or mid twice, indices with gaps, or no label at all.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static LabelTable Read(string path)
    {
        LabelTable table = new(path);
        bool isHeader = true;
        foreach ((int line, string[] fields) in CsvReader.ReadRows(path))
        {
            if (isHeader && !fields.SequenceEqual(Header))
                throw table.Wrong(line, $"the header is '{string.Join(',', fields)}', not '{string.Join(',', Header)}'");
            if (!isHeader)
                table.Add(line, fields);
            isHeader = false;
        }
        table.Complete();
        return table;
    }

    /// <summary>Writes a table, under a temporary name first: it is there whole or not at all.</summary>
    /// <exception cref="DatasetException">It could not be read again: an index or mid twice, indices with gaps, or no label at all.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, IEnumerable<Label> labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        LabelTable table = new(path);
        int line = 1;
        foreach (Label label in labels)
            table.Add(++line, label);
        table.Complete();
        CsvWriter.WriteRows(path, table.Labels
            .Select(label => (string[])[label.Index.ToString(CultureInfo.InvariantCulture), label.Mid, label.DisplayName]).Prepend(Header));
    }

    /// <summary>The label of an identifier; null where there is none.</summary>
    public Label? Find(string mid) => _byMid.GetValueOrDefault(mid);

    /// <summary>The places in label vectors of a sample's labels.</summary>
    /// <exception cref="DatasetException">A label that is not in the table: it, the sample and the table are named.</exception>
    public int[] IndicesOf(DatasetEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return [.. entry.Labels.Select(mid => Find(mid)?.Index
            ?? throw new DatasetException($"The label '{mid}' of '{entry.VideoId}' is not in {_path}."))];
    }

    private void Add(int line, string[] fields)
    {
        if (fields.Length != Header.Length)
            throw Wrong(line, $"there are {fields.Length} fields, not {Header.Length}; names with commas stand in double quotes");
        if (!int.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out int index))
            throw Wrong(line, $"the index is '{fields[0]}', not a whole number");
        Add(line, new Label(index, fields[1], fields[2]));
    }

    private void Add(int line, Label label)
    {
        if (!_byMid.TryAdd(label.Mid, label))
            throw Wrong(line, $"'{label.Mid}' is there a second time");
    }

    private void Complete()
    {
        Labels = [.. _byMid.Values.OrderBy(label => label.Index)];
        if (Count == 0)
            throw new DatasetException($"{_path} holds no labels.");
        for (int i = 0; i < Count; i++)
        {
            if (Labels[i].Index != i)
                throw new DatasetException($"{_path}: the indices are not 0 to {Count - 1}, each once: {i} is missing.");
        }
    }

    private DatasetException Wrong(int line, string what) => new($"{_path}, line {line}: {what}.");
}
