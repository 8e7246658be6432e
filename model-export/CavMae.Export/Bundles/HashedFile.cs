using System.Security.Cryptography;

namespace CavMae.Export.Bundles;

/// <summary>A new file that is hashed while it is written, and on disk when it is finished.</summary>
internal sealed class HashedFile(string path) : IDisposable
{
    private readonly FileStream stream = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public long Position { get; private set; }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        stream.Write(bytes);
        hash.AppendData(bytes);
        Position += bytes.Length;
    }

    /// <summary>Writes zeros up to the next multiple of <paramref name="alignment"/>.</summary>
    public void Align(int alignment) => Write(new byte[(int)(-Position & (alignment - 1))]);

    /// <summary>Waits until the bytes are on disk; returns their SHA-256 in lower-case hexadecimal.</summary>
    public string Finish()
    {
        stream.Flush(flushToDisk: true);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public void Dispose()
    {
        stream.Dispose();
        hash.Dispose();
    }

    /// <summary>Writes a whole file; returns its SHA-256.</summary>
    public static string Write(string path, ReadOnlySpan<byte> bytes)
    {
        using HashedFile file = new(path);
        file.Write(bytes);
        return file.Finish();
    }
}
