namespace CavMae.Retrieval.Index.Qdrant;

/// <summary>The two aliases of a store's name, always set and moved together in one request, which Qdrant applies as a whole.</summary>
internal sealed class StoreAliases(QdrantClient client, string name)
{
    private readonly StoreNames current = StoreNames.Of(name);
    private readonly StoreNames previous = StoreNames.PreviousOf(name);

    /// <summary>The real collections; null where there are no such aliases.</summary>
    /// <exception cref="StoreUnavailableException">There is one of the two.</exception>
    public async Task<StoreNames?> FindAsync(CancellationToken cancellationToken)
    {
        var answer = await client.GetAliasesAsync(cancellationToken).ConfigureAwait(false);
        var targets = answer.Aliases.ToDictionary(alias => alias.AliasName, alias => alias.CollectionName, StringComparer.Ordinal);
        var (scenes, clips) = (targets.GetValueOrDefault(current.Scenes), targets.GetValueOrDefault(current.Clips));
        if (scenes is not null && clips is not null)
            return new StoreNames(scenes, clips);
        if (scenes is null && clips is null)
            return null;
        throw new StoreUnavailableException($"Of the Qdrant aliases '{current.Scenes}' and '{current.Clips}' there is only '{(scenes is null ? current.Clips : current.Scenes)}'. "
            + "Set the other one to the collection that belongs to it, or choose another name (Index:Qdrant:Collection).");
    }

    public Task CreateAsync(StoreNames real, CancellationToken cancellationToken) => client.ChangeAliasesAsync(Create(current, real), cancellationToken);

    /// <summary>Moves the aliases to other collections; those so far get the aliases of the previous ones.</summary>
    public Task MoveAsync(StoreNames from, StoreNames to, CancellationToken cancellationToken) =>
        client.ChangeAliasesAsync([.. Delete(current), .. Create(current, to), .. Create(previous, from)], cancellationToken);

    public Task RemovePreviousAsync(CancellationToken cancellationToken) => client.ChangeAliasesAsync(Delete(previous), cancellationToken);

    /// <exception cref="StoreUnavailableException">Something else bears the name that an alias for the previous collections needs.</exception>
    public async Task RequirePreviousFreeAsync(CancellationToken cancellationToken)
    {
        foreach (var alias in (string[])[previous.Scenes, previous.Clips])
            if (await client.GetCollectionAsync(alias, cancellationToken).ConfigureAwait(false) is not null)
                throw new StoreUnavailableException($"There is a Qdrant collection or alias '{alias}', a name that a reindex gives to what it replaces. Rename or remove it; nothing was done.");
    }

    private static AliasAction[] Create(StoreNames aliases, StoreNames real) =>
        [new(new CreateAlias(real.Scenes, aliases.Scenes), null), new(new CreateAlias(real.Clips, aliases.Clips), null)];

    private static AliasAction[] Delete(StoreNames aliases) => [new(null, new DeleteAlias(aliases.Scenes)), new(null, new DeleteAlias(aliases.Clips))];
}
