using System.Buffers;
using CavMae.Training.Data.Sets;
using SkiaSharp;

namespace CavMae.Training.Data.Pictures;

/// <summary>Pictures from files (JPEG and whatever else Skia knows) as the visual encoder sees them. Thread-safe.</summary>
internal static class PictureReader
{
    private const int MaxPixels = 64 << 20;

    /// <summary>Reads a clip's picture, or where it is missing the nearest one before it.</summary>
    /// <param name="frame">0 … 9.</param>
    /// <param name="picture">Receives [3, 224, 224], 0..1.</param>
    /// <exception cref="SampleException">None of them is there, or it cannot be read.</exception>
    public static void ReadFrame(DatasetEntry entry, int frame, Span<float> picture)
    {
        for (int i = frame; i >= 0; i--)
        {
            string path = entry.FramePath(i);
            if (!File.Exists(path))
                continue;
            Read(path, picture);
            return;
        }
        throw new SampleException($"{entry.FramePath(frame)} is not there, nor any picture before it.");
    }

    /// <exception cref="SampleException">Not a picture, too large, truncated or not there.</exception>
    public static void Read(string path, Span<float> picture)
    {
        try
        {
            using var data = SKData.CreateCopy(File.ReadAllBytes(path));
            using var codec = SKCodec.Create(data);
            if (codec is null)
                throw new SampleException($"{path} is no picture.");
            int width = codec.Info.Width, height = codec.Info.Height;
            if ((long)width * height > MaxPixels)
                throw new SampleException($"{path} has {width} × {height} pixels; at most {MaxPixels} are taken.");
            byte[] pixels = ArrayPool<byte>.Shared.Rent(4 * width * height);
            try
            {
                Decode(path, codec, pixels);
                PictureFit.ToPlanes(pixels, width, height, picture);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(pixels);
            }
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new SampleException($"{path} cannot be read: {problem.Message}", problem);
        }
    }

    private static unsafe void Decode(string path, SKCodec codec, byte[] pixels)
    {
        // Without a colour space nothing is converted: the numbers in the file are the numbers seen.
        SKImageInfo info = new(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        fixed (byte* target = pixels)
        {
            SKCodecResult result = codec.GetPixels(info, (nint)target);
            if (result is not SKCodecResult.Success)
                throw new SampleException(result is SKCodecResult.IncompleteInput ? $"{path} is truncated." : $"{path} is broken ({result}).");
        }
    }
}
