namespace CavMae.Retrieval.Ingest;

/// <summary>One lock a key, made when asked for and forgotten when nobody holds or waits for it.</summary>
internal sealed class KeyedLocks
{
    private readonly Dictionary<string, Entry> entries = new(StringComparer.Ordinal);

    /// <summary>Takes the locks of all keys, always in the same order, so that two callers never wait for each other.</summary>
    public async Task<IDisposable> AcquireAsync(IEnumerable<string> keys, CancellationToken cancellationToken)
    {
        Stack<string> held = [];
        try
        {
            foreach (string key in keys.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
            {
                Entry entry = Enter(key);
                try
                {
                    await entry.Semaphore.WaitAsync(cancellationToken).ConfigureAwait(false);
                }
                catch
                {
                    Leave(key, release: false);
                    throw;
                }
                held.Push(key);
            }
            return new Holder(this, held);
        }
        catch
        {
            Release(held);
            throw;
        }
    }

    private Entry Enter(string key)
    {
        lock (entries)
        {
            if (!entries.TryGetValue(key, out Entry? entry))
                entries[key] = entry = new Entry();
            entry.Users++;
            return entry;
        }
    }

    private void Leave(string key, bool release)
    {
        lock (entries)
        {
            Entry entry = entries[key];
            if (release)
                entry.Semaphore.Release();
            if (--entry.Users > 0)
                return;
            entries.Remove(key);
            entry.Semaphore.Dispose();
        }
    }

    private void Release(Stack<string> held)
    {
        while (held.TryPop(out string? key))
            Leave(key, release: true);
    }

    private sealed class Entry
    {
        public SemaphoreSlim Semaphore { get; } = new(1, 1);
        public int Users { get; set; }
    }

    private sealed class Holder(KeyedLocks owner, Stack<string> held) : IDisposable
    {
        public void Dispose() => owner.Release(held);
    }
}
