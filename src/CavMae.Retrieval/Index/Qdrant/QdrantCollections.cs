namespace CavMae.Retrieval.Index.Qdrant;

/// <summary>
/// The two collections of a store: scenes with their vectors, and clips (commit points and the journal). Makes what is missing and refuses what
/// belongs to another model or program.
/// </summary>
internal sealed class QdrantCollections(QdrantClient client, QdrantIndexOptions options, string modelId, int dimension) : IDisposable
{
    public const string AudioVector = "audio";
    public const string VisualVector = "visual";

    private const string WhatToDo = "Start the service with the model the collection belongs to, choose another collection (Index:Qdrant:Collection), "
        + "or index the media again into a new one with `cavmae index`.";

    private static readonly (string Field, string Type)[] SceneIndexes =
    [
        (ScenePayload.ClipField, "keyword"), (ScenePayload.RevisionField, "keyword"), (FilterCopy.TagsField, "keyword"), (FilterCopy.PartialField, "bool"),
    ];

    private static readonly (string Field, string Type)[] ClipIndexes =
    [
        (ClipPayload.KindField, "keyword"), (ClipPayload.ContentField, "keyword"), (ClipPayload.SequenceField, "integer"),
        (FilterCopy.TagsField, "keyword"), (FilterCopy.PartialField, "bool"),
    ];

    private readonly CancellationTokenSource closing = new();
    private readonly Lock gate = new();
    private Task? preparation;
    private volatile bool isReady;

    public string Scenes => options.Collection;
    public string Clips => options.Collection + "_clips";

    /// <summary>
    /// Makes and checks the collections where that has not been done since the last failure. Callers that come meanwhile wait for the same outcome,
    /// so that a server that hangs is asked once for all of them.
    /// </summary>
    /// <param name="cancellationToken">Ends this caller's waiting; what others wait for goes on.</param>
    /// <exception cref="ModelMismatchException">They hold vectors of another model.</exception>
    /// <exception cref="StoreUnavailableException">Qdrant cannot be reached or does not allow it, or a collection is another program's.</exception>
    public Task EnsureReadyAsync(CancellationToken cancellationToken)
    {
        if (isReady)
            return Task.CompletedTask;
        lock (gate)
        {
            if (isReady)
                return Task.CompletedTask;
            if (preparation is not { IsCompleted: false })
                preparation = Task.Run(PrepareAsync, CancellationToken.None);
            return preparation.WaitAsync(cancellationToken);
        }
    }

    /// <summary>
    /// Asked before vectors are written: another service may have removed the collections and made them anew for its own model, with no call of this
    /// one failing meanwhile.
    /// </summary>
    /// <exception cref="ModelMismatchException">They hold vectors of another model.</exception>
    /// <exception cref="StoreUnavailableException">The collection is gone or another program's, or Qdrant cannot be reached.</exception>
    public async Task CheckStillOursAsync(CancellationToken cancellationToken)
    {
        var found = await client.GetCollectionAsync(Scenes, cancellationToken).ConfigureAwait(false)
            ?? throw new StoreUnavailableException($"The Qdrant collection '{Scenes}' is gone. The next request makes it anew; restore it from a snapshot if it should not be empty.");
        CheckMark(Scenes, found.Config?.Metadata);
    }

    /// <summary>A clip's record may give away what <see cref="CheckStillOursAsync"/> asks.</summary>
    /// <exception cref="ModelMismatchException">The clip is of another model.</exception>
    public void RequireOwn(ClipRecord clip)
    {
        if (clip.ModelId != modelId)
            throw new ModelMismatchException(clip.ModelId, modelId, $"The Qdrant collection '{Clips}' holds clips of model '{clip.ModelId}', the service's model is '{modelId}'. {WhatToDo}");
    }

    /// <summary>After a failure nothing is taken for granted: the server may come back empty, or as another one.</summary>
    public void Doubt() => isReady = false;

    /// <summary>Ends a preparation under way; those that wait for it get <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        closing.Cancel();
        closing.Dispose();
    }

    private async Task PrepareAsync()
    {
        try
        {
            var vector = new VectorParameters(dimension, "Cosine", options.OnDiskVectors ? true : null);
            // Clips have no vectors: a commit point is looked up, never searched.
            await PrepareAsync(Clips, new Dictionary<string, VectorParameters>(), ClipIndexes, closing.Token).ConfigureAwait(false);
            await PrepareAsync(Scenes, new Dictionary<string, VectorParameters> { [AudioVector] = vector, [VisualVector] = vector }, SceneIndexes, closing.Token).ConfigureAwait(false);
            isReady = true;
        }
        catch (StoreRefusedException exception)
        {
            // No clip's fault: it is for the operator to mend, and passes then.
            throw new StoreUnavailableException($"The Qdrant collections '{Scenes}' and '{Clips}' cannot be made or checked: {exception.Message} See Index:Qdrant.", exception);
        }
        catch (OperationCanceledException) when (closing.IsCancellationRequested)
        {
            throw new ObjectDisposedException(nameof(QdrantIndex));
        }
    }

    private async Task PrepareAsync(string name, Dictionary<string, VectorParameters> vectors, (string Field, string Type)[] indexes, CancellationToken cancellationToken)
    {
        var found = await client.GetCollectionAsync(name, cancellationToken).ConfigureAwait(false);
        if (found is null)
        {
            await client.CreateCollectionAsync(name, Describe(vectors), cancellationToken).ConfigureAwait(false);
            found = await client.GetCollectionAsync(name, cancellationToken).ConfigureAwait(false)
                ?? throw new StoreUnavailableException($"The Qdrant collection '{name}' is gone as soon as it was made.");
        }
        CheckMark(name, found.Config?.Metadata);
        foreach (var (field, type) in indexes)
            if (found.PayloadSchema?.ContainsKey(field) is not true)
                await client.CreateIndexAsync(name, new CreateIndexRequest(field, type), cancellationToken).ConfigureAwait(false);
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

    private void CheckMark(string name, CollectionMark? mark)
    {
        if (mark is not { Program: CollectionMark.OwnProgram, Format: { } format, ModelId: { } storeModelId, Dimension: { } storeDimension })
            throw new StoreUnavailableException($"The Qdrant collection '{name}' is not this program's. Choose another name (Index:Qdrant:Collection).");
        if (format != CollectionMark.OwnFormat)
            throw new StoreUnavailableException($"The Qdrant collection '{name}' was written by another version of this program (its format is {format}, "
                + $"this program knows {CollectionMark.OwnFormat}). Start that version, or choose another name (Index:Qdrant:Collection).");
        if (storeModelId == modelId && storeDimension == dimension)
            return;
        throw new ModelMismatchException(storeModelId, modelId,
            $"The Qdrant collection '{name}' holds vectors of {storeDimension} numbers of model '{storeModelId}', the service's model '{modelId}' gives {dimension}. "
            + WhatToDo);
    }
}
