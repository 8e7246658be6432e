namespace CavMae.Retrieval.Index.Qdrant;

/// <summary>The two collections a store works on: found or made once, and asked for again after a failure.</summary>
internal sealed class QdrantCollections(QdrantClient client, IStorePlace place, CollectionSetUp setUp, string modelId) : IDisposable
{
    public const string AudioVector = "audio";
    public const string VisualVector = "visual";

    private readonly CancellationTokenSource closing = new();
    private readonly Lock gate = new();
    private Task? preparation;
    private volatile StoreNames? names;
    private volatile bool isReady;

    /// <summary>Real name of the scenes' collection, known once <see cref="EnsureReadyAsync"/> has ended well.</summary>
    public string Scenes => (names ?? throw NotReady()).Scenes;

    /// <summary>The same of the clips' collection.</summary>
    public string Clips => (names ?? throw NotReady()).Clips;

    /// <summary>
    /// Finds or makes, and checks, the collections where that has not been done since the last failure. Callers that come meanwhile wait for the same outcome,
    /// so that a server that hangs is asked once for all of them.
    /// </summary>
    /// <param name="cancellationToken">Ends this caller's waiting; what others wait for goes on.</param>
    /// <exception cref="ModelMismatchException">They hold vectors of another model.</exception>
    /// <exception cref="StoreUnavailableException">Qdrant cannot be reached or does not allow it, a collection is another program's, or those this process worked on are gone.</exception>
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
            ?? throw new StoreUnavailableException($"The Qdrant collection '{Scenes}' is gone. The next request makes it anew, or says where the store is now; restore it from a snapshot if it should not be empty.");
        setUp.CheckMark(Scenes, found.Config?.Metadata);
    }

    /// <summary>A clip's record may give away what <see cref="CheckStillOursAsync"/> asks.</summary>
    /// <exception cref="ModelMismatchException">The clip is of another model.</exception>
    public void RequireOwn(ClipRecord clip)
    {
        if (clip.ModelId != modelId)
            throw new ModelMismatchException(clip.ModelId, modelId, $"The Qdrant collection '{Clips}' holds clips of model '{clip.ModelId}', the service's model is '{modelId}'. {CollectionSetUp.WhatToDo}");
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
            names = await place.FindAsync(names, closing.Token).ConfigureAwait(false);
            isReady = true;
        }
        catch (StoreRefusedException exception)
        {
            // No clip's fault: it is for the operator to mend, and passes then.
            throw new StoreUnavailableException($"The Qdrant collections '{place.Described.Scenes}' and '{place.Described.Clips}' cannot be made or checked: {exception.Message} See Index:Qdrant.", exception);
        }
        catch (OperationCanceledException) when (closing.IsCancellationRequested)
        {
            throw new ObjectDisposedException(nameof(QdrantIndex));
        }
    }

    private static InvalidOperationException NotReady() => new($"{nameof(EnsureReadyAsync)} has not ended well yet.");
}
