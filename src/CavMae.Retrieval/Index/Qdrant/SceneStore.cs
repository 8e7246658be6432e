using CavMae.Retrieval.Embeddings;

namespace CavMae.Retrieval.Index.Qdrant;

/// <summary>Scenes of all revisions, live or not: one point each, with up to two vectors.</summary>
internal sealed class SceneStore(QdrantClient client, QdrantCollections collections, QdrantIndexOptions options)
{
    /// <summary>Writes a revision's scenes, a batch at a time. Nobody sees them before the clip's commit point names the revision.</summary>
    public async Task WriteAsync(string clipId, Guid revision, IReadOnlyList<SceneEmbedding> scenes, FilterCopy copy, CancellationToken cancellationToken)
    {
        foreach (var batch in scenes.Chunk(options.BatchSize))
        {
            PointInput<ScenePayload>[] points = [.. batch.Select(scene => new PointInput<ScenePayload>(
                PointIds.OfScene(clipId, revision, scene.Index),
                VectorsOf(scene),
                new ScenePayload
                {
                    Clip = clipId,
                    Revision = revision,
                    Scene = scene.Index,
                    Tags = copy.Tags,
                    Metadata = copy.Metadata,
                    Partial = copy.IsPartial ? true : null,
                }))];
            await client.UpsertAsync(collections.Scenes, new UpsertRequest<ScenePayload>(points), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The vectors of a clip's live revision in scene order; null where scenes are missing, because the revision has gone meanwhile.</summary>
    public async Task<IReadOnlyList<SceneEmbedding>?> ReadAsync(CommittedClip clip, CancellationToken cancellationToken)
    {
        var ids = clip.Record.Scenes.Select(scene => PointIds.OfScene(clip.Record.Id, clip.Revision, scene.Index)).ToArray();
        var vectors = await ReadVectorsAsync(ids, cancellationToken).ConfigureAwait(false);
        var scenes = new List<SceneEmbedding>(ids.Length);
        for (var i = 0; i < ids.Length; i++)
        {
            if (!vectors.TryGetValue(ids[i], out var stored))
                return null;
            var scene = clip.Record.Scenes[i];
            scenes.Add(new SceneEmbedding(scene.Index, scene.Start, scene.End, stored.Audio, stored.Visual));
        }
        return scenes;
    }

    /// <summary>Vectors of the points that are there.</summary>
    public async Task<Dictionary<Guid, StoredVectors>> ReadVectorsAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken)
    {
        var found = new Dictionary<Guid, StoredVectors>(ids.Count);
        foreach (var batch in ids.Chunk(options.BatchSize))
            foreach (var point in await client.RetrieveVectorsAsync(collections.Scenes, batch, cancellationToken).ConfigureAwait(false))
                found[point.Id] = new StoredVectors(point.Vector?.GetValueOrDefault(QdrantCollections.AudioVector), point.Vector?.GetValueOrDefault(QdrantCollections.VisualVector));
        return found;
    }

    public Task DeleteAsync(string clipId, IReadOnlyCollection<Guid> revisions, CancellationToken cancellationToken) => client.DeleteAsync(collections.Scenes,
        new QdrantFilter { Must = [QdrantCondition.Is(ScenePayload.ClipField, clipId), HasRevisionOf(revisions)] }, cancellationToken);

    /// <summary>Scenes of all revisions but these.</summary>
    public Task<long> CountAsync(IReadOnlyCollection<Guid> without, CancellationToken cancellationToken) =>
        client.CountAsync(collections.Scenes, new QdrantFilter { MustNot = without.Count == 0 ? null : [HasRevisionOf(without)] }, cancellationToken);

    public static QdrantCondition HasRevisionOf(IEnumerable<Guid> revisions) =>
        QdrantCondition.IsAnyOf(ScenePayload.RevisionField, revisions.Select(revision => revision.ToString("D")));

    private static Dictionary<string, float[]> VectorsOf(SceneEmbedding scene)
    {
        var vectors = new Dictionary<string, float[]>(2);
        if (scene.Audio is not null)
            vectors[QdrantCollections.AudioVector] = scene.Audio;
        if (scene.Visual is not null)
            vectors[QdrantCollections.VisualVector] = scene.Visual;
        return vectors;
    }
}

/// <summary>A stored scene's unit vectors, as Qdrant gives them back: normalised by it once more.</summary>
internal sealed record StoredVectors(float[]? Audio, float[]? Visual);
