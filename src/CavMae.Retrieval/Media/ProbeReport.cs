using System.Globalization;

namespace CavMae.Retrieval.Media;

/// <summary>What ffprobe says of a file, gathered from its lines ("section|key=value|key=value…") as they come.</summary>
/// <param name="maxPictures">Most video packets whose times are kept.</param>
internal sealed class ProbeReport(int maxPictures)
{
    private readonly SortedDictionary<int, PacketTimes> _packets = [];
    private readonly SortedDictionary<int, ProbedStream> _streams = [];
    private int _pictures;

    public IReadOnlyCollection<ProbedStream> Streams => _streams.Values;

    /// <summary>The container's own word on its length; null where it gives none.</summary>
    public double? AnnouncedSeconds { get; private set; }

    /// <summary>EXIF orientation of a still picture, 1 to 8; 0 where it has none.</summary>
    public int ExifOrientation { get; private set; }

    public PacketTimes Packets(int streamIndex) => _packets.TryGetValue(streamIndex, out PacketTimes? packets) ? packets : PacketTimes.None;

    /// <exception cref="MediaException">OverLimit: more pictures than any file within the limits holds.</exception>
    public void Add(ReadOnlySpan<char> line)
    {
        int bar = line.IndexOf('|');
        if (bar < 0)
            return;
        ReadOnlySpan<char> fields = line[(bar + 1)..];
        switch (line[..bar])
        {
            case "packet":
                AddPacket(fields);
                break;
            case "stream":
                ProbedStream stream = ProbedStream.Parse(fields);
                _streams[stream.Index] = stream;
                break;
            case "format":
                AnnouncedSeconds = ProbeFields.Real(fields, "duration");
                break;
            case "frame":
                ExifOrientation = (int)(ProbeFields.Integer(fields, "tag:Orientation") ?? 0);
                break;
            default:
                // Programs of a transport stream repeat their streams.
                break;
        }
    }

    private void AddPacket(ReadOnlySpan<char> fields)
    {
        if (ProbeFields.Integer(fields, "stream_index") is not { } index)
            return;
        bool isPicture = ProbeFields.Text(fields, "codec_type") is "video";
        if (isPicture && ++_pictures > maxPictures)
            throw new MediaException(MediaError.OverLimit, $"The file has more than {maxPictures} pictures.");
        if (!_packets.TryGetValue((int)index, out PacketTimes? packets))
            _packets[(int)index] = packets = new PacketTimes(keepsStamps: isPicture);
        packets.Add(
            ProbeFields.Integer(fields, "pts"), ProbeFields.Integer(fields, "dts"), ProbeFields.Integer(fields, "duration") ?? 0,
            isDiscarded: ProbeFields.Text(fields, "flags").Contains('D'));
    }
}

/// <summary>Reads "key=value" fields parted by bars.</summary>
internal static class ProbeFields
{
    /// <returns>The value; empty where the key is not there.</returns>
    public static ReadOnlySpan<char> Text(ReadOnlySpan<char> fields, ReadOnlySpan<char> key)
    {
        foreach (Range part in fields.Split('|'))
        {
            ReadOnlySpan<char> field = fields[part];
            if (field.Length > key.Length && field[key.Length] == '=' && field.StartsWith(key, StringComparison.Ordinal))
                return field[(key.Length + 1)..];
        }
        return [];
    }

    public static long? Integer(ReadOnlySpan<char> fields, ReadOnlySpan<char> key) =>
        long.TryParse(Text(fields, key), NumberStyles.Integer, CultureInfo.InvariantCulture, out long value) ? value : null;

    public static double? Real(ReadOnlySpan<char> fields, ReadOnlySpan<char> key) =>
        double.TryParse(Text(fields, key), NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : null;

    /// <returns>"30000/1001" as a number; 0 for 0/0 and where the key is not there.</returns>
    public static double Ratio(ReadOnlySpan<char> fields, ReadOnlySpan<char> key)
    {
        ReadOnlySpan<char> text = Text(fields, key);
        int slash = text.IndexOf('/');
        if (slash < 0)
            return 0;
        bool isRatio = double.TryParse(text[..slash], CultureInfo.InvariantCulture, out double over)
            & double.TryParse(text[(slash + 1)..], CultureInfo.InvariantCulture, out double under);
        return isRatio && under != 0 ? over / under : 0;
    }
}

/// <summary>One stream as ffprobe shows it. Width and height are those stored, before it is turned.</summary>
internal sealed record ProbedStream(
    int Index, string Type, bool IsCover, int Width, int Height, double SecondsPerTick, double AverageRate, double? AnnouncedSeconds,
    Orientation Orientation)
{
    public static ProbedStream Parse(ReadOnlySpan<char> fields)
    {
        string matrix = ProbeFields.Text(fields, "displaymatrix").ToString().Replace("\\n", "\n", StringComparison.Ordinal);
        return new ProbedStream(
            (int)(ProbeFields.Integer(fields, "index") ?? 0),
            ProbeFields.Text(fields, "codec_type").ToString(),
            ProbeFields.Integer(fields, "disposition:attached_pic") == 1,
            (int)(ProbeFields.Integer(fields, "width") ?? 0),
            (int)(ProbeFields.Integer(fields, "height") ?? 0),
            ProbeFields.Ratio(fields, "time_base"),
            ProbeFields.Ratio(fields, "avg_frame_rate"),
            ProbeFields.Real(fields, "duration"),
            Orientation.FromDisplayMatrix(matrix));
    }
}
