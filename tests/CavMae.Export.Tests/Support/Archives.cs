using System.IO.Compression;
using System.Runtime.InteropServices;

namespace CavMae.Export.Tests.Support;

/// <summary>Zip files as <c>torch.save</c> lays them out, from a pickle and storages made by hand.</summary>
internal static class Archives
{
    /// <summary>Writes NAME/data.pkl and NAME/data/0, 1, … .</summary>
    public static string Write(string path, byte[] pickle, params byte[][] storages) =>
        Write(path, CompressionLevel.NoCompression, pickle, storages);

    public static string Write(string path, CompressionLevel level, byte[] pickle, params byte[][] storages)
    {
        using ZipArchive archive = new(File.Create(path), ZipArchiveMode.Create);
        Add(archive, "model/data.pkl", pickle, CompressionLevel.NoCompression);
        for (int i = 0; i < storages.Length; i++)
            Add(archive, $"model/data/{i}", storages[i], level);
        return path;
    }

    public static byte[] Floats(params float[] values) => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();

    private static void Add(ZipArchive archive, string name, byte[] bytes, CompressionLevel level)
    {
        using Stream stream = archive.CreateEntry(name, level).Open();
        stream.Write(bytes);
    }
}
