using CavMae.Retrieval.Cli.Hosting;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Ingest;
using CavMae.Retrieval.Media;

namespace CavMae.Retrieval.Cli.Evaluating;

/// <summary>A pair in the store; for a clip both sides are the same record.</summary>
internal sealed record StoredPair(string Name, ClipRecord Sound, ClipRecord Pictures);

/// <summary>Takes the sides of each pair in as the service would; a pair that cannot be used is a result, not the end.</summary>
/// <param name="keepsMedia">Whether media files stay in the data folder: in a folder that is removed again they would only take space.</param>
internal sealed class PairIndexer(MediaStore media, ClipIngestor ingestor, BlockTags blocks, bool keepsMedia)
{
    /// <param name="set">What to take in.</param>
    /// <param name="parallelism">Pairs under way at once.</param>
    /// <param name="report">Told of each pair in the order of the set, with what is left out; from any thread, one call at a time.</param>
    /// <returns>The pairs in the order of the set, then everything that was left out.</returns>
    /// <exception cref="StoreUnavailableException">The store cannot be written.</exception>
    public async Task<(IReadOnlyList<StoredPair> Pairs, IReadOnlyList<LeftOutFile> LeftOut)> RunAsync(
        EvaluationSet set, int parallelism, Action<LeftOutFile?> report, CancellationToken cancellationToken)
    {
        Outcome?[] outcomes = new Outcome?[set.Items.Count];
        OrderedPairs ordered = new();
        Lock turn = new();
        ParallelOptions options = new() { MaxDegreeOfParallelism = parallelism, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, set.Items.Count, options, async (i, stop) =>
        {
            Outcome outcome = await StoreAsync(set.Items[i], stop).ConfigureAwait(false);
            lock (turn)
            {
                outcomes[i] = outcome;
                while (ordered.Count < outcomes.Length && outcomes[ordered.Count] is { } next)
                    report(ordered.Add(next));
            }
        }).ConfigureAwait(false);
        return (ordered.Pairs, [.. set.LeftOut, .. ordered.LeftOut]);
    }

    private async Task<Outcome> StoreAsync(EvaluationItem item, CancellationToken cancellationToken)
    {
        string path = item.SoundPath;
        try
        {
            // Files of a data set have ids of their own: two of its pairs may well show the same picture.
            ClipRecord sound = await StoreAsync(path, item.IsOneFile ? null : $"sound of {item.Name}", cancellationToken).ConfigureAwait(false);
            path = item.PicturesPath;
            ClipRecord pictures = item.IsOneFile ? sound : await StoreAsync(path, $"pictures of {item.Name}", cancellationToken).ConfigureAwait(false);
            if (!sound.Scenes.Any(scene => scene.HasAudio))
                return LeftOut(LeftOutKind.OneSided, $"'{item.SoundPath}' has no sound of at least 25 ms");
            if (!pictures.Scenes.Any(scene => scene.HasVideo))
                return LeftOut(LeftOutKind.OneSided, $"'{item.PicturesPath}' has no pictures");
            return new Outcome(new StoredPair(item.Name, sound, pictures), null);
        }
        // After Ctrl-C ffmpeg, which gets the signal too, may be gone first: that is no fault of the file.
        catch (Exception e) when (e is MediaException or DecoderKilledException or UploadTooLargeException or ClipConflictException or IOException or UnauthorizedAccessException && !cancellationToken.IsCancellationRequested)
        {
            return LeftOut(LeftOutKind.Unreadable, path == item.Name ? e.Message : $"'{path}': {e.Message}");
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }

        Outcome LeftOut(LeftOutKind kind, string reason) => new(null, new LeftOutFile(item.Name, kind, reason));
    }

    private async Task<ClipRecord> StoreAsync(string path, string? id, CancellationToken cancellationToken)
    {
        FileStream content = new(path, new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Read, Share = FileShare.Read, BufferSize = 0, Options = FileOptions.Asynchronous | FileOptions.SequentialScan });
        await using (content.ConfigureAwait(false))
        {
            using IncomingFile file = await media.ReceiveAsync(content, UploadPurpose.Clip, cancellationToken).ConfigureAwait(false);
            ClipUpload upload = new() { Id = id, Title = Path.GetFileName(path), Tags = [blocks.Next()] };
            IngestResult result = await ingestor.IngestPatientlyAsync(file, upload, cancellationToken).ConfigureAwait(false);
            if (!keepsMedia)
                media.Remove(result.Clip.Sha256);
            return result.Clip;
        }
    }

    /// <summary>What became of one pair: it is stored, or it is left out.</summary>
    private sealed record Outcome(StoredPair? Pair, LeftOutFile? LeftOut);

    /// <summary>What became of the pairs so far, in the order of the set: so the same of two alike is left out each time, whichever was decoded first.</summary>
    private sealed class OrderedPairs
    {
        private readonly Dictionary<string, string> namesOfClips = new(StringComparer.Ordinal);
        private readonly List<StoredPair> pairs = [];
        private readonly List<LeftOutFile> leftOut = [];

        public IReadOnlyList<StoredPair> Pairs => pairs;

        public IReadOnlyList<LeftOutFile> LeftOut => leftOut;

        public int Count => pairs.Count + leftOut.Count;

        /// <returns>Why the pair is left out; null where it is not.</returns>
        public LeftOutFile? Add(Outcome outcome)
        {
            LeftOutFile? reason = outcome.LeftOut;
            if (outcome.Pair is { } pair)
            {
                if (namesOfClips.TryAdd(pair.Sound.Id, pair.Name))
                    pairs.Add(pair);
                else
                    reason = new LeftOutFile(pair.Name, LeftOutKind.Duplicate, $"the same content as {namesOfClips[pair.Sound.Id]}");
            }
            if (reason is not null)
                leftOut.Add(reason);
            return reason;
        }
    }
}
