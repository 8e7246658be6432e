using System.Runtime.CompilerServices;
using System.Text.Json;
using CavMae.Retrieval.Embeddings;

namespace CavMae.Retrieval.Index.Transfer;

/// <summary>An export that was checked from the first byte to the last. Reading is thread-safe.</summary>
internal sealed class TransferReader : IDisposable
{
    private readonly string recordsPath;
    private readonly VectorFileReader vectors;

    private TransferReader(string folder, TransferManifest manifest)
    {
        Manifest = manifest;
        recordsPath = Path.Combine(folder, TransferManifest.RecordsName);
        vectors = new VectorFileReader(Path.Combine(folder, TransferManifest.VectorsName), manifest.Vectors, manifest.Dimension);
    }

    public TransferManifest Manifest { get; }

    /// <summary>Checks model, sizes, hashes, and every record with its vectors.</summary>
    /// <exception cref="TransferException">It is no export for this model, or not what was exported.</exception>
    public static async Task<TransferReader> OpenAsync(string folder, string modelId, int dimension, CancellationToken cancellationToken)
    {
        TransferManifest manifest = TransferManifest.Read(folder);
        if (manifest.ModelId != modelId || manifest.Dimension != dimension)
            throw new TransferException(
                $"'{folder}' holds vectors of model '{manifest.ModelId}' ({manifest.Dimension} numbers each), the store those of '{modelId}' ({dimension}). They cannot be compared: import into a store of the same model, or index the media again.");
        await manifest.Records.CheckAsync(Path.Combine(folder, TransferManifest.RecordsName), cancellationToken).ConfigureAwait(false);
        await manifest.VectorFile.CheckAsync(Path.Combine(folder, TransferManifest.VectorsName), cancellationToken).ConfigureAwait(false);
        TransferReader reader = new(folder, manifest);
        try
        {
            await reader.CheckRecordsAsync(folder, cancellationToken).ConfigureAwait(false);
            return reader;
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    /// <summary>The clips in the order in which they were listed when they were exported.</summary>
    /// <exception cref="TransferException">A record that cannot be used; its line is named.</exception>
    public async IAsyncEnumerable<TransferredClip> ReadClipsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long number = 0;
        await foreach (ReadOnlyMemory<byte> text in RecordLines.ReadAsync(recordsPath, cancellationToken).ConfigureAwait(false))
        {
            number++;
            yield return Read(text.Span, number);
        }
    }

    public void Dispose() => vectors.Dispose();

    private TransferredClip Read(ReadOnlySpan<byte> text, long number)
    {
        try
        {
            TransferLine line = JsonSerializer.Deserialize(text, TransferJson.Lines.TransferLine) ?? throw new InvalidDataException("it is empty");
            line.Check(Manifest.Vectors);
            ClipRecord clip = line.ToRecord(Manifest.ModelId);
            List<SceneEmbedding> scenes = [.. line.Scenes.Zip(clip.Scenes, (rows, scene) =>
                new SceneEmbedding(scene.Index, scene.Start, scene.End, Vector(rows.AudioRow), Vector(rows.VisualRow)))];
            SceneValidation.Check(clip, scenes, Manifest.ModelId, Manifest.Dimension);
            return new TransferredClip(clip, scenes, line.HasMedia);
        }
        // Invalid UTF-8 is an invalid operation to the JSON reader; so is to be disposed, which is no fault of the line.
        catch (Exception problem) when (problem is JsonException or InvalidDataException or ArgumentException or (InvalidOperationException and not ObjectDisposedException))
        {
            // JSON's own message may say no more than where; what was wrong there is in the inner one.
            string detail = problem is JsonException { InnerException: { } inner } ? $"{problem.Message} ({inner.Message})" : problem.Message;
            throw new TransferException($"'{recordsPath}', line {number}, cannot be used: {detail}", problem);
        }

        float[]? Vector(long? row) => row is { } place ? vectors.Read(place) : null;
    }

    private async Task CheckRecordsAsync(string folder, CancellationToken cancellationToken)
    {
        HashSet<string> ids = new(StringComparer.Ordinal);
        long scenes = 0;
        await foreach (TransferredClip entry in ReadClipsAsync(cancellationToken).ConfigureAwait(false))
        {
            scenes += entry.Scenes.Count;
            if (!ids.Add(entry.Clip.Id))
                throw new TransferException($"'{recordsPath}' has clip '{entry.Clip.Id}' twice.");
            if (entry.HasMedia)
                CheckMedia(MediaPath(folder, entry.Clip.Sha256), entry.Clip);
        }
        if (ids.Count != Manifest.Clips || scenes != Manifest.Scenes)
            throw new TransferException($"'{recordsPath}' has {ids.Count} clips with {scenes} scenes, its manifest says {Manifest.Clips} with {Manifest.Scenes}.");
    }

    /// <summary>Where an export keeps a media file.</summary>
    internal static string MediaPath(string folder, string sha256) => Path.Combine(folder, TransferManifest.MediaName, sha256[..2], sha256);

    private static void CheckMedia(string path, ClipRecord clip)
    {
        FileInfo file = new(path);
        if (!file.Exists)
            throw new TransferException($"'{path}', the media of clip '{clip.Id}', is missing.");
        if (file.Length != clip.SizeBytes)
            throw new TransferException($"'{path}', the media of clip '{clip.Id}', has {file.Length} bytes; {clip.SizeBytes} were exported.");
    }
}

/// <summary>A clip of an export, its vectors checked as a store would.</summary>
internal sealed record TransferredClip(ClipRecord Clip, IReadOnlyList<SceneEmbedding> Scenes, bool HasMedia);
