namespace CavMae.Retrieval.Index.Qdrant;

/// <summary>Makes the two collections of a store, scenes with their vectors and clips (commit points and the journal), and tells whose collections are.</summary>
internal sealed class CollectionSetUp(QdrantClient client, QdrantIndexOptions options, string modelId, int dimension)
{
    /// <summary>Said of a store of another model.</summary>
    public const string WhatToDo = "Start the service with the model the collection belongs to, encode the store anew for this one with `cavmae reindex`, choose another collection "
        + "(Index:Qdrant:Collection), or index the media again into a new one with `cavmae index`.";

    private static readonly (string Field, string Type)[] SceneIndexes =
    [
        (ScenePayload.ClipField, "keyword"), (ScenePayload.RevisionField, "keyword"), (FilterCopy.TagsField, "keyword"), (FilterCopy.PartialField, "bool"),
    ];

    private static readonly (string Field, string Type)[] ClipIndexes =
    [
        (ClipPayload.KindField, "keyword"), (ClipPayload.ContentField, "keyword"), (ClipPayload.SequenceField, "integer"),
        (FilterCopy.TagsField, "keyword"), (FilterCopy.PartialField, "bool"),
    ];

    /// <summary>Makes what is missing, the clips' collection first: who has made it has the store.</summary>
    /// <exception cref="ModelMismatchException">What is there holds vectors of another model.</exception>
    /// <exception cref="StoreUnavailableException">What is there is another program's.</exception>
    public async Task MakeAsync(StoreNames names, CancellationToken cancellationToken)
    {
        var vector = new VectorParameters(dimension, "Cosine", options.OnDiskVectors ? true : null);
        // Clips have no vectors: a commit point is looked up, never searched.
        await MakeAsync(names.Clips, new Dictionary<string, VectorParameters>(), ClipIndexes, cancellationToken).ConfigureAwait(false);
        await MakeAsync(names.Scenes, new Dictionary<string, VectorParameters> { [QdrantCollections.AudioVector] = vector, [QdrantCollections.VisualVector] = vector }, SceneIndexes, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>False where one is missing. Indexes of their payloads are made where they are.</summary>
    /// <exception cref="ModelMismatchException">They hold vectors of another model.</exception>
    /// <exception cref="StoreUnavailableException">They are another program's.</exception>
    public async Task<bool> CheckAsync(StoreNames names, CancellationToken cancellationToken) =>
        await CheckAsync(names.Clips, ClipIndexes, cancellationToken).ConfigureAwait(false) && await CheckAsync(names.Scenes, SceneIndexes, cancellationToken).ConfigureAwait(false);

    /// <summary>What a collection says of itself; null where there is none.</summary>
    /// <exception cref="StoreUnavailableException">It is another program's.</exception>
    public async Task<CollectionMark?> ReadMarkAsync(string name, CancellationToken cancellationToken) =>
        await client.GetCollectionAsync(name, cancellationToken).ConfigureAwait(false) is { } found ? RequireKnown(name, found.Config?.Metadata) : null;

    /// <exception cref="ModelMismatchException">It holds vectors of another model.</exception>
    /// <exception cref="StoreUnavailableException">It is another program's.</exception>
    public void CheckMark(string name, CollectionMark? found)
    {
        var mark = RequireKnown(name, found);
        if (mark.ModelId == modelId && mark.Dimension == dimension)
            return;
        throw new ModelMismatchException(mark.ModelId!, modelId,
            $"The Qdrant collection '{name}' holds vectors of {mark.Dimension} numbers of model '{mark.ModelId}', the service's model '{modelId}' gives {dimension}. {WhatToDo}");
    }

    private async Task MakeAsync(string name, Dictionary<string, VectorParameters> vectors, (string Field, string Type)[] indexes, CancellationToken cancellationToken)
    {
        if (await CheckAsync(name, indexes, cancellationToken).ConfigureAwait(false))
            return;
        await client.CreateCollectionAsync(name, Describe(vectors), cancellationToken).ConfigureAwait(false);
        if (!await CheckAsync(name, indexes, cancellationToken).ConfigureAwait(false))
            throw new StoreUnavailableException($"The Qdrant collection '{name}' is gone as soon as it was made.");
    }

    private async Task<bool> CheckAsync(string name, (string Field, string Type)[] indexes, CancellationToken cancellationToken)
    {
        if (await client.GetCollectionAsync(name, cancellationToken).ConfigureAwait(false) is not { } found)
            return false;
        CheckMark(name, found.Config?.Metadata);
        foreach (var (field, type) in indexes)
            if (found.PayloadSchema?.ContainsKey(field) is not true)
                await client.CreateIndexAsync(name, new CreateIndexRequest(field, type), cancellationToken).ConfigureAwait(false);
        return true;
    }

    private CreateCollectionRequest Describe(Dictionary<string, VectorParameters> vectors) => new()
    {
        Vectors = vectors,
        ShardNumber = options.ShardNumber,
        ReplicationFactor = options.ReplicationFactor,
        WriteConsistencyFactor = options.WriteConsistencyFactor,
        // The small vectors stay in memory, which is what they are for.
        QuantizationConfig = options.Int8Quantization && vectors.Count > 0 ? new(new ScalarQuantization("int8", AlwaysRam: true)) : null,
        Metadata = new CollectionMark(CollectionMark.OwnProgram, CollectionMark.OwnFormat, modelId, dimension),
    };

    private static CollectionMark RequireKnown(string name, CollectionMark? mark)
    {
        if (mark is not { Program: CollectionMark.OwnProgram, Format: { } format, ModelId: not null, Dimension: not null })
            throw new StoreUnavailableException($"The Qdrant collection '{name}' is not this program's. Choose another name (Index:Qdrant:Collection).");
        if (format != CollectionMark.OwnFormat)
            throw new StoreUnavailableException($"The Qdrant collection '{name}' was written by another version of this program (its format is {format}, "
                + $"this program knows {CollectionMark.OwnFormat}). Start that version, or choose another name (Index:Qdrant:Collection).");
        return mark;
    }
}
