using System.Buffers.Binary;
using System.Runtime.InteropServices;
using CavMae.Retrieval.Media;
using CavMae.Training.Data.Sets;
using SkiaSharp;

namespace CavMae.Training.Data.Preparing;

/// <summary>
/// The folder of a prepared data set: <c>audio/ID.wav</c>, <c>frames/frame_{0-9}/ID.jpg</c>, <c>dataset.json</c>, and of what they were made:
/// <c>prepared.jsonl</c>. Every file is there whole or not at all.
/// </summary>
internal sealed class PreparedFolder(string path)
{
    private const int JpegQuality = 95;
    private const int WavHeaderBytes = 44, SampleBytes = 2;
    private const string AudioFolder = "audio", FramesFolder = "frames", DatasetName = "dataset.json";

    public string DatasetPath { get; } = Path.Combine(path, DatasetName);

    /// <exception cref="IOException">The folders cannot be made.</exception>
    public void Create()
    {
        Directory.CreateDirectory(Path.Combine(path, AudioFolder));
        for (int frame = 0; frame < DatasetEntry.Frames; frame++)
            Directory.CreateDirectory(Path.GetDirectoryName(Entry("", []).FramePath(frame))!);
    }

    /// <summary>Of what the clips were made; held open, it keeps other processes from preparing here.</summary>
    /// <exception cref="DatasetException">Its file is broken.</exception>
    /// <exception cref="IOException">Another process has it, or it cannot be read or written.</exception>
    public PreparedSources OpenSources() => PreparedSources.Open(Path.Combine(path, "prepared.jsonl"));

    /// <summary>Removes half-written files of killed processes; none may be preparing here.</summary>
    public void RemoveLeftovers()
    {
        WholeFile.RemoveLeftovers(path, DatasetName, SearchOption.TopDirectoryOnly);
        WholeFile.RemoveLeftovers(Path.Combine(path, AudioFolder), "*.wav", SearchOption.TopDirectoryOnly);
        WholeFile.RemoveLeftovers(Path.Combine(path, FramesFolder), "*.jpg", SearchOption.AllDirectories);
    }

    /// <summary>Whether all of a clip's files are there.</summary>
    public bool Holds(string id)
    {
        DatasetEntry entry = Entry(id, []);
        return File.Exists(entry.Wav) && Enumerable.Range(0, DatasetEntry.Frames).All(frame => File.Exists(entry.FramePath(frame)));
    }

    /// <summary>From here on the folder does not hold a clip, until it is written again.</summary>
    public void Drop(string id) => File.Delete(Entry(id, []).Wav);

    /// <summary>Writes a clip's files; the sound is last.</summary>
    /// <exception cref="IOException">They cannot be written.</exception>
    public void Write(string id, PcmAudio audio, IReadOnlyList<RgbFrame> frames)
    {
        DatasetEntry entry = Entry(id, []);
        for (int frame = 0; frame < DatasetEntry.Frames; frame++)
        {
            byte[] jpeg = ToJpeg(frames[frame]);
            WholeFile.Write(entry.FramePath(frame), stream => stream.Write(jpeg));
        }
        WholeFile.Write(entry.Wav, stream => WriteWav(stream, audio.Samples.Span));
    }

    /// <summary>The clips in the list; none where there is no list yet.</summary>
    /// <exception cref="DatasetException">The list is broken.</exception>
    /// <exception cref="IOException">The list cannot be read.</exception>
    public IReadOnlyList<DatasetEntry> ReadDataset() => File.Exists(DatasetPath) ? DatasetFile.Read(DatasetPath).Entries : [];

    /// <summary>Writes the list in the order of the ids, with paths that start from its own folder where they lie below it, so that the whole can be moved.</summary>
    /// <param name="others">Clips to list besides, with absolute paths.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void WriteDataset(IEnumerable<(string Id, IReadOnlyList<string> Labels)> clips, IEnumerable<DatasetEntry>? others = null) => DatasetFile.Write(
        DatasetPath,
        clips.Select(clip => new DatasetEntry(clip.Id, $"{AudioFolder}/{clip.Id}.wav", FramesFolder, clip.Labels))
            .Concat((others ?? []).Select(other => other with { Wav = FromHere(other.Wav), VideoPath = FromHere(other.VideoPath) }))
            .OrderBy(entry => entry.VideoId, StringComparer.Ordinal));

    private string FromHere(string absolute)
    {
        string relative = Path.GetRelativePath(path, absolute);
        return Path.IsPathRooted(relative) || relative.Split(Path.DirectorySeparatorChar)[0] == ".." ? absolute : relative.Replace('\\', '/');
    }

    private DatasetEntry Entry(string id, IReadOnlyList<string> labels) => new(id, Path.Combine(path, AudioFolder, id + ".wav"), Path.Combine(path, FramesFolder), labels);

    private static void WriteWav(Stream stream, ReadOnlySpan<short> samples)
    {
        Span<byte> header = stackalloc byte[WavHeaderBytes];
        int bytes = samples.Length * SampleBytes;
        "RIFF"u8.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], WavHeaderBytes - 8 + bytes);
        "WAVEfmt "u8.CopyTo(header[8..]);
        BinaryPrimitives.WriteInt32LittleEndian(header[16..], 16); // bytes of the format that follows
        BinaryPrimitives.WriteInt16LittleEndian(header[20..], 1); // PCM
        BinaryPrimitives.WriteInt16LittleEndian(header[22..], 1); // channel
        BinaryPrimitives.WriteInt32LittleEndian(header[24..], LogMel.SampleRateHz);
        BinaryPrimitives.WriteInt32LittleEndian(header[28..], LogMel.SampleRateHz * SampleBytes);
        BinaryPrimitives.WriteInt16LittleEndian(header[32..], SampleBytes);
        BinaryPrimitives.WriteInt16LittleEndian(header[34..], 8 * SampleBytes);
        "data"u8.CopyTo(header[36..]);
        BinaryPrimitives.WriteInt32LittleEndian(header[40..], bytes);
        stream.Write(header);
        stream.Write(MemoryMarshal.AsBytes(samples));
    }

    /// <summary>With colours at full resolution: at this quality halving them would be the larger loss.</summary>
    private static unsafe byte[] ToJpeg(RgbFrame frame)
    {
        var pixels = new byte[RgbFrame.Side * RgbFrame.Side * 4];
        ReadOnlySpan<byte> rgb = frame.Pixels.Span;
        for (int i = 0; i < RgbFrame.Side * RgbFrame.Side; i++)
            (pixels[4 * i], pixels[4 * i + 1], pixels[4 * i + 2], pixels[4 * i + 3]) = (rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2], byte.MaxValue);
        fixed (byte* start = pixels)
        {
            SKImageInfo info = new(RgbFrame.Side, RgbFrame.Side, SKColorType.Rgba8888, SKAlphaType.Opaque);
            using SKPixmap pixmap = new(info, (nint)start);
            SKJpegEncoderOptions options = new(JpegQuality, SKJpegEncoderDownsample.Downsample444, SKJpegEncoderAlphaOption.Ignore);
            using SKData jpeg = pixmap.Encode(options) ?? throw new IOException("A picture could not be encoded as JPEG.");
            return jpeg.ToArray();
        }
    }
}
