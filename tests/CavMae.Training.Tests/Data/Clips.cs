using CavMae.Retrieval.Media;
using CavMae.Training.Data;
using CavMae.Training.Data.Preparing;
using CavMae.Training.Data.Sets;

namespace CavMae.Training.Tests.Data;

/// <summary>Small data sets made for tests: seeded sound, and pictures of one colour each that tell clip and frame.</summary>
internal static class Clips
{
    public const int Samples = 16_000;

    /// <summary>Clips "clip-0" … of one second each, with the labels given.</summary>
    public static DatasetFile Make(string folder, params string[][] labels)
    {
        PreparedFolder prepared = new(folder);
        prepared.Create();
        for (int clip = 0; clip < labels.Length; clip++)
            prepared.Write(Id(clip), new PcmAudio(Sound(clip)), [.. Enumerable.Range(0, DatasetEntry.Frames).Select(frame => Picture(clip, frame))]);
        prepared.WriteDataset(labels.Select((each, clip) => (Id(clip), (IReadOnlyList<string>)each)));
        return DatasetFile.Read(prepared.DatasetPath);
    }

    public static string Id(int clip) => $"clip-{clip}";

    /// <summary>Noise with an offset, each clip of another length.</summary>
    public static short[] Sound(int clip)
    {
        Random random = new(clip);
        return [.. Enumerable.Range(0, Samples + 1000 * clip).Select(_ => (short)(random.Next(-8000, 8000) + 500 * clip))];
    }

    /// <summary>Of one colour, as JPEG keeps it but for rounding.</summary>
    public static (byte Red, byte Green, byte Blue) Color(int clip, int frame) => ((byte)(20 + 20 * frame), (byte)(30 + 15 * clip), 90);

    public static LabelTable Labels(TemporaryFolder folder, params string[] mids)
    {
        string path = folder.File("labels.csv");
        File.WriteAllLines(path, ["index,mid,display_name", .. mids.Select((mid, i) => $"{i},{mid},\"{mid}, said long\"")]);
        return LabelTable.Read(path);
    }

    public static float[] LogMelOf(ReadOnlySpan<float> waveform)
    {
        var spectrogram = new float[SampleSizes.SpectrogramLength];
        LogMel.Compute(waveform, spectrogram);
        return spectrogram;
    }

    public static float[] Waveform(int clip) => Array.ConvertAll(Sound(clip), sample => sample / 32768f);

    private static RgbFrame Picture(int clip, int frame)
    {
        (byte red, byte green, byte blue) = Color(clip, frame);
        var pixels = new byte[RgbFrame.ByteCount];
        for (int i = 0; i < pixels.Length; i += 3)
            (pixels[i], pixels[i + 1], pixels[i + 2]) = (red, green, blue);
        return new RgbFrame(pixels);
    }
}
