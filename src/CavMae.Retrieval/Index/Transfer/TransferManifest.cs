using System.Security.Cryptography;
using System.Text.Json;

namespace CavMae.Retrieval.Index.Transfer;

/// <summary>What <c>manifest.json</c> of an export says. It is written last: a folder without it is no finished export.</summary>
public sealed record TransferManifest
{
    public const string FileName = "manifest.json";
    public const string RecordsName = "records.jsonl";
    public const string VectorsName = "vectors.safetensors";
    public const string MediaName = "media";
    public const int SupportedFormatVersion = 1;

    public required int FormatVersion { get; init; }

    /// <summary>Model the vectors are from; a store of another one does not take them.</summary>
    public required string ModelId { get; init; }

    /// <summary>Numbers in a vector.</summary>
    public required int Dimension { get; init; }

    public required long Clips { get; init; }
    public required long Scenes { get; init; }

    /// <summary>Rows of the tensor in <see cref="VectorsName"/>: one for each sound and one for each picture of a scene.</summary>
    public required long Vectors { get; init; }

    /// <summary>Clips whose media files are in the export.</summary>
    public required long MediaFiles { get; init; }

    public required TransferFile Records { get; init; }
    public required TransferFile VectorFile { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>What an export says of itself; nothing of it is checked against its files.</summary>
    /// <exception cref="TransferException">There is none, or one that this version cannot read.</exception>
    public static TransferManifest Read(string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            throw new TransferException($"'{folder}' is no export: it has no {FileName}. An export that was interrupted has none; export again.");
        TransferManifest? manifest;
        try
        {
            manifest = JsonSerializer.Deserialize(File.ReadAllBytes(path), TransferJson.Lines.TransferManifest);
        }
        catch (JsonException problem)
        {
            throw new TransferException($"'{path}' is no manifest of an export: {problem.Message}", problem);
        }
        if (manifest is null || manifest.FormatVersion < 1)
            throw new TransferException($"'{path}' is no manifest of an export.");
        return manifest.FormatVersion == SupportedFormatVersion ? manifest : throw new TransferException(
            $"'{path}' is of format version {manifest.FormatVersion}; this program knows version {SupportedFormatVersion}. Import it with the version that wrote it, or a later one.");
    }

    internal void Write(string folder) => File.WriteAllBytes(Path.Combine(folder, FileName), JsonSerializer.SerializeToUtf8Bytes(this, TransferJson.Indented.TransferManifest));
}

/// <param name="SizeBytes">Length of the file.</param>
/// <param name="Sha256">SHA-256 of its content, lower-case hex.</param>
public sealed record TransferFile(long SizeBytes, string Sha256)
{
    private const int BufferBytes = 128 * 1024;

    internal static async Task<TransferFile> OfAsync(string path, CancellationToken cancellationToken)
    {
        FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, BufferBytes, FileOptions.SequentialScan | FileOptions.Asynchronous);
        await using (file.ConfigureAwait(false))
            return new TransferFile(file.Length, Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken).ConfigureAwait(false)));
    }

    /// <exception cref="TransferException">The file is missing, of another size, or of another content.</exception>
    internal async Task CheckAsync(string path, CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
            throw new TransferException($"'{path}' is missing.");
        TransferFile found = await OfAsync(path, cancellationToken).ConfigureAwait(false);
        if (found.SizeBytes != SizeBytes)
            throw new TransferException($"'{path}' has {found.SizeBytes} bytes, its manifest says {SizeBytes}: {(found.SizeBytes < SizeBytes ? "it was cut off" : "it is another file")}. Export or copy it again.");
        if (found.Sha256 != Sha256)
            throw new TransferException($"'{path}' is not the file that was exported (its SHA-256 is {found.Sha256}, its manifest says {Sha256}). Export or copy it again.");
    }
}
