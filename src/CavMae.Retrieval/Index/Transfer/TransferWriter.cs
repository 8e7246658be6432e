using System.Text.Json;
using CavMae.Retrieval.Embeddings;

namespace CavMae.Retrieval.Index.Transfer;

/// <summary>Writes an export clip by clip; it is one only after <see cref="FinishAsync"/>. Not thread-safe.</summary>
internal sealed class TransferWriter : IDisposable
{
    private readonly string folder;
    private readonly string modelId;
    private readonly int dimension;
    private readonly FileStream records;
    private readonly VectorFileWriter vectors;
    private long clips;
    private long scenes;
    private long mediaFiles;

    /// <param name="folder">An empty folder.</param>
    public TransferWriter(string folder, string modelId, int dimension)
    {
        (this.folder, this.modelId, this.dimension) = (folder, modelId, dimension);
        records = new FileStream(RecordsPath, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1 << 16);
        vectors = new VectorFileWriter(VectorsPath, dimension);
    }

    private string RecordsPath => Path.Combine(folder, TransferManifest.RecordsName);

    private string VectorsPath => Path.Combine(folder, TransferManifest.VectorsName);

    /// <param name="clip">The clip; its scenes agree with <paramref name="embeddings"/>.</param>
    /// <param name="hasMedia">Whether its media file is in the export.</param>
    public void Add(ClipRecord clip, IReadOnlyList<SceneEmbedding> embeddings, bool hasMedia)
    {
        List<TransferScene> rows = [.. embeddings.Select(scene => new TransferScene(scene.Index, scene.Start.Ticks, scene.End.Ticks, Write(scene.Audio), Write(scene.Visual)))];
        JsonSerializer.Serialize(records, TransferLine.From(clip, rows, hasMedia), TransferJson.Lines.TransferLine);
        records.WriteByte((byte)'\n');
        clips++;
        scenes += rows.Count;
        mediaFiles += hasMedia ? 1 : 0;

        long? Write(float[]? vector) => vector is null ? null : vectors.Add(vector);
    }

    /// <summary>Writes all to disk, the manifest last.</summary>
    public async Task<TransferManifest> FinishAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        records.Flush(flushToDisk: true);
        vectors.Finish();
        Dispose();
        TransferManifest manifest = new()
        {
            FormatVersion = TransferManifest.SupportedFormatVersion,
            ModelId = modelId,
            Dimension = dimension,
            Clips = clips,
            Scenes = scenes,
            Vectors = vectors.Rows,
            MediaFiles = mediaFiles,
            Records = await TransferFile.OfAsync(RecordsPath, cancellationToken).ConfigureAwait(false),
            VectorFile = await TransferFile.OfAsync(VectorsPath, cancellationToken).ConfigureAwait(false),
            CreatedAt = now,
        };
        manifest.Write(folder);
        return manifest;
    }

    public void Dispose()
    {
        records.Dispose();
        vectors.Dispose();
    }
}
