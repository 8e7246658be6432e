namespace CavMae.Retrieval.Index.Qdrant;

/// <summary>Says which two collections a store works on.</summary>
internal interface IStorePlace
{
    /// <summary>What the collections are called, for messages.</summary>
    StoreNames Described { get; }

    /// <summary>Collections that are there, whole, and of the right model.</summary>
    /// <param name="before">Those this process works on already; null at first.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="ModelMismatchException">They hold vectors of another model.</exception>
    /// <exception cref="StoreUnavailableException">They are not there, or another program's, or Qdrant cannot be reached.</exception>
    Task<StoreNames> FindAsync(StoreNames? before, CancellationToken cancellationToken);
}

/// <summary>Given collections, which are made where missing, or have to be there.</summary>
internal sealed class FixedPlace(CollectionSetUp setUp, StoreNames names, bool makes) : IStorePlace
{
    public StoreNames Described => names;

    public async Task<StoreNames> FindAsync(StoreNames? before, CancellationToken cancellationToken)
    {
        if (makes)
            await setUp.MakeAsync(names, cancellationToken).ConfigureAwait(false);
        else if (!await setUp.CheckAsync(names, cancellationToken).ConfigureAwait(false))
            throw new StoreUnavailableException($"The Qdrant collections '{names.Scenes}' and '{names.Clips}' are not there any more.");
        return names;
    }
}

/// <summary>
/// The collections behind the aliases of a store's name, or plain collections of that name. Where there is neither, makes the first ones and the aliases. A process
/// keeps to the collections it found: when the aliases move, it goes on with what it began with.
/// </summary>
internal sealed class NamedPlace(QdrantClient client, CollectionSetUp setUp, string name, string modelId) : IStorePlace
{
    private readonly StoreAliases aliases = new(client, name);

    public StoreNames Described { get; } = StoreNames.Of(name);

    public async Task<StoreNames> FindAsync(StoreNames? before, CancellationToken cancellationToken)
    {
        if (before is not null && await setUp.CheckAsync(before, cancellationToken).ConfigureAwait(false))
            return before;
        var found = await aliases.FindAsync(cancellationToken).ConfigureAwait(false);
        if (found is null && await IsPlainAsync(cancellationToken).ConfigureAwait(false))
        {
            await setUp.MakeAsync(Described, cancellationToken).ConfigureAwait(false);
            return Described;
        }
        if (before is not null && found is not null && found != before)
            throw await GoneAsync(before, found, cancellationToken).ConfigureAwait(false);
        found ??= await MakeFirstAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (await setUp.CheckAsync(found, cancellationToken).ConfigureAwait(false))
                return found;
        }
        catch (ModelMismatchException problem)
        {
            var swap = await new SwapRecords(client, found.Clips).ReadAsync(cancellationToken).ConfigureAwait(false);
            throw swap?.OldModelId != modelId ? problem : new ModelMismatchException(problem.StoreModelId, modelId,
                $"The Qdrant store '{name}' was reindexed for model '{problem.StoreModelId}'. Start the service with that model (Model:Path) in place of '{modelId}'.");
        }
        throw new StoreUnavailableException($"The Qdrant aliases '{Described.Scenes}' and '{Described.Clips}' stand for '{found.Scenes}' and '{found.Clips}', of which one is not there. Restore it from a snapshot.");
    }

    private async Task<bool> IsPlainAsync(CancellationToken cancellationToken) =>
        await client.GetCollectionAsync(Described.Scenes, cancellationToken).ConfigureAwait(false) is not null
        || await client.GetCollectionAsync(Described.Clips, cancellationToken).ConfigureAwait(false) is not null;

    private async Task<StoreNames> MakeFirstAsync(CancellationToken cancellationToken)
    {
        var first = StoreNames.FirstOf(name);
        await setUp.MakeAsync(first, cancellationToken).ConfigureAwait(false);
        // Another process may have been faster, or even have filled and moved the store.
        if (await aliases.FindAsync(cancellationToken).ConfigureAwait(false) is { } others)
            return others;
        await aliases.CreateAsync(first, cancellationToken).ConfigureAwait(false);
        return first;
    }

    private async Task<StoreUnavailableException> GoneAsync(StoreNames before, StoreNames now, CancellationToken cancellationToken)
    {
        var mark = await setUp.ReadMarkAsync(now.Clips, cancellationToken).ConfigureAwait(false);
        return new StoreUnavailableException($"The Qdrant collections '{before.Scenes}' and '{before.Clips}', which this process worked on, are gone: the store '{name}' is now in '{now.Scenes}', "
            + $"of model '{mark?.ModelId}'. Restart with that model (Model:Path).");
    }
}
