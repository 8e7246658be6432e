using System.Runtime.InteropServices;
using CavMae.Retrieval.Media;
using CavMae.Training.Data;
using CavMae.Training.Data.Pictures;
using CavMae.Training.Data.Sets;
using CavMae.Training.Data.Sound;
using SkiaSharp;

namespace CavMae.Training.Tests.Data;

/// <summary>Sounds and pictures from files, good and bad.</summary>
public sealed class MediaReadingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly MediaDecoder _decoder = TrainingDecoder.Create("", 1);

    public void Dispose()
    {
        _decoder.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Sound_Pcm16Stereo_GivesFirstChannel()
    {
        short[] samples = [.. Enumerable.Range(0, 1000).Select(i => (short)(i % 2 == 0 ? 16 * i : -1))];
        float[] read = ReadSound(Wav(encoding: 1, channels: 2, bits: 16, MemoryMarshal.AsBytes(samples.AsSpan()).ToArray()));
        Assert.Equal(Enumerable.Range(0, 500).Select(i => 32 * i / 32768f), read);
    }

    [Fact]
    public void Sound_Float32_IsTakenAsItIs()
    {
        float[] samples = [.. Enumerable.Range(0, 600).Select(i => i / 1000f)];
        byte[] data = MemoryMarshal.AsBytes(samples.AsSpan()).ToArray();
        Assert.Equal(samples, ReadSound(Wav(3, 1, 32, data)));
        Assert.Equal(samples, ReadSound(Wav(0xFFFE, 1, 32, data, subFormat: 3)));
        Assert.Equal(samples, ReadSound(Wav(3, 1, 32, data, announced: uint.MaxValue))); // written to a pipe
    }

    [Fact]
    public void Sound_LongerThanHeard_IsCut() => Assert.Equal(LogMel.MaxSamples, ReadSound(Wav(1, 1, 16, new byte[2 * (LogMel.MaxSamples + 77)])).Length);

    [Fact]
    public void Sound_Flac_IsDecodedAsTheServiceDoes()
    {
        byte[] data = MemoryMarshal.AsBytes(Clips.Sound(1).AsSpan()).ToArray();
        string flac = _folder.File("sound.flac");
        Ffmpeg.Run("-i", Wav(1, 1, 16, data), flac);
        Assert.Equal(Clips.Waveform(1), ReadSound(flac));
    }

    [Fact]
    public void Sound_BadFiles_AreNamedWithTheirFault()
    {
        byte[] second = new byte[32_000];
        AssertUnheard(Wav(1, 1, 16, second, sampleRateHz: 44_100), "44100 samples a second; 16000 are needed");
        AssertUnheard(Wav(1, 1, 24, second), "24 bits of encoding 1");
        AssertUnheard(Wav(1, 0, 16, second), "no channel");
        AssertUnheard(Wav(1, 1, 16, second, announced: 40_000), "truncated: it announces 40000 bytes of sound, but holds 32000");
        AssertUnheard(Wav(1, 1, 16, new byte[2 * 399]), "399 samples of sound; at least 400");
        AssertUnheard(Wav(3, 1, 32, MemoryMarshal.AsBytes(new float[500].Select(_ => float.NaN).ToArray().AsSpan()).ToArray()), "holds the sample NaN");
        AssertUnheard(_folder.File("missing.wav"), "cannot be read");
        AssertUnheard(Text("RIFF....WAVE"), "holds no sound data");
        AssertUnheard(Text("RIFF....WAVEdata...."), "its data come before their format");
        AssertUnheard(Text("RIFF....WAVEfmt \u0010\0\0\0abc"), "cannot be heard");
        AssertUnheard(Text("nothing to hear"), "none of MP4");
    }

    [Fact]
    public void Picture_PreparedJpeg_KeepsItsColours()
    {
        DatasetFile file = Clips.Make(_folder.FullPath, [], [], []);
        AssertColor(Clips.Color(2, 4), ReadPicture(file.Entries[2], 4));
    }

    [Fact]
    public void Picture_MissingFrame_FallsBackToEarlierOnes()
    {
        DatasetFile file = Clips.Make(_folder.FullPath, [[]]);
        foreach (int frame in (int[])[1, 4, 5])
            File.Delete(file.Entries[0].FramePath(frame));
        AssertColor(Clips.Color(0, 3), ReadPicture(file.Entries[0], 5));
        AssertColor(Clips.Color(0, 0), ReadPicture(file.Entries[0], 1));
        File.Delete(file.Entries[0].FramePath(0));
        Assert.Contains("nor any picture before it", Assert.Throws<SampleException>(() => ReadPicture(file.Entries[0], 1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Picture_BadFiles_AreNamedWithTheirFault()
    {
        DatasetFile file = Clips.Make(_folder.FullPath, [[]]);
        string path = file.Entries[0].FramePath(0);
        byte[] whole = File.ReadAllBytes(path);
        File.WriteAllBytes(path, whole[..(whole.Length * 3 / 4)]);
        Assert.Equal($"{path} is truncated.", Assert.Throws<SampleException>(() => ReadPicture(file.Entries[0], 0)).Message);
        foreach (byte[] broken in (byte[][])[[], [1, 2, 3], whole[..100]])
        {
            File.WriteAllBytes(path, broken);
            Assert.StartsWith(path, Assert.Throws<SampleException>(() => ReadPicture(file.Entries[0], 0)).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(640, 360)]
    [InlineData(100, 300)]
    [InlineData(224, 225)]
    public void Picture_AnotherSize_IsFittedAsThePlainFormulaDoes(int width, int height)
    {
        Random random = new(width);
        var pixels = new byte[4 * width * height];
        random.NextBytes(pixels);
        for (int i = 3; i < pixels.Length; i += 4)
            pixels[i] = 255;
        string path = _folder.File("noise.png");
        using (SKBitmap bitmap = new(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque)))
        {
            Marshal.Copy(pixels, 0, bitmap.GetPixels(), pixels.Length);
            File.WriteAllBytes(path, bitmap.Encode(SKEncodedImageFormat.Png, 100).ToArray());
        }
        var picture = new float[SampleSizes.PictureLength];

        PictureReader.Read(path, picture);

        foreach ((int x, int y, int channel) in ((int, int, int)[])[(0, 0, 0), (223, 0, 1), (0, 223, 2), (223, 223, 0), (100, 50, 1), (17, 201, 2)])
            Assert.Equal(Plain(pixels, width, height, x, y, channel), picture[channel * 224 * 224 + y * 224 + x], 1e-5);
    }

    /// <summary>One number of a fitted picture, by all pixels of the source weighted with both triangles.</summary>
    private static double Plain(byte[] pixels, int width, int height, int x, int y, int channel)
    {
        int shorter = Math.Min(width, height);
        double sum = 0, weights = 0;
        for (int row = 0; row < height; row++)
        {
            for (int column = 0; column < width; column++)
            {
                double weight = Triangle(column, x, width) * Triangle(row, y, height);
                sum += weight * pixels[4 * (row * width + column) + channel];
                weights += weight;
            }
        }
        return sum / weights / 255;

        double Triangle(int source, int point, int length)
        {
            int resized = 224 * length / shorter;
            double scale = (double)length / resized, centre = (Math.Round((resized - 224) / 2.0) + point + 0.5) * scale;
            return Math.Max(0, 1 - Math.Abs(source + 0.5 - centre) / Math.Max(1, scale));
        }
    }

    private static void AssertColor((byte Red, byte Green, byte Blue) expected, float[] picture)
    {
        byte[] colors = [expected.Red, expected.Green, expected.Blue];
        for (int channel = 0; channel < 3; channel++)
            Assert.Equal(colors[channel], 255 * picture[channel * 224 * 224 + 12_345], 2.0); // JPEG's rounding of colours
    }

    private static float[] ReadPicture(DatasetEntry entry, int frame)
    {
        var picture = new float[SampleSizes.PictureLength];
        PictureReader.ReadFrame(entry, frame, picture);
        return picture;
    }

    private float[] ReadSound(string path)
    {
        var waveform = new float[LogMel.MaxSamples];
        return waveform[..new SoundReader(_decoder).Read(path, waveform)];
    }

    private void AssertUnheard(string path, string fault)
    {
        string message = Assert.Throws<SampleException>(() => ReadSound(path)).Message;
        Assert.StartsWith(path, message, StringComparison.Ordinal);
        Assert.Contains(fault, message, StringComparison.Ordinal);
    }

    private string Text(string content)
    {
        string path = _folder.File("text.wav");
        File.WriteAllText(path, content);
        return path;
    }

    private string Wav(int encoding, int channels, int bits, byte[] data, uint? announced = null, int sampleRateHz = 16_000, int? subFormat = null)
    {
        string path = _folder.File("sound.wav");
        using BinaryWriter writer = new(File.Create(path));
        writer.Write("RIFF\0\0\0\0WAVEjunk\u0003\0\0\0abc\0fmt "u8); // a chunk of odd length before the format
        writer.Write(subFormat is null ? 16 : 40);
        writer.Write((ushort)encoding);
        writer.Write((ushort)channels);
        writer.Write(sampleRateHz);
        writer.Write(sampleRateHz * channels * bits / 8);
        writer.Write((ushort)(channels * bits / 8));
        writer.Write((ushort)bits);
        if (subFormat is { } actual)
        {
            writer.Write([22, 0, (byte)bits, 0, 0, 0, 0, 0, (byte)actual]);
            writer.Write(new byte[15]);
        }
        writer.Write("data"u8);
        writer.Write(announced ?? (uint)data.Length);
        writer.Write(data);
        return path;
    }
}
