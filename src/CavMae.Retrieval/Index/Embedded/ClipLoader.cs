using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace CavMae.Retrieval.Index.Embedded;

/// <summary>What a store holds, in memory.</summary>
internal sealed record LoadedClips(SceneVectors Vectors, ClipCatalog Catalog, long LastSequence);

/// <summary>Reads a whole database into memory, clip by clip.</summary>
internal sealed partial class ClipLoader(ClipDatabase database, ILogger logger, TimeProvider timeProvider)
{
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(5);

    /// <exception cref="StoreUnavailableException">The database is damaged or cannot be read.</exception>
    public LoadedClips Load(string modelId, int dimension, CancellationToken cancellationToken)
    {
        var started = timeProvider.GetTimestamp();
        var reported = started;
        var vectors = new SceneVectors(dimension);
        var catalog = new ClipCatalog();
        var edit = vectors.BeginEdit();
        var slots = new List<int>();
        try
        {
            using var reader = database.ReadAll(modelId);
            while (reader.Next((audio, visual) => slots.Add(edit.Add(audio, visual))) is var (record, metadataJson, sequence))
            {
                cancellationToken.ThrowIfCancellationRequested();
                var clip = new StoredClip(record, metadataJson, sequence, [.. slots]);
                slots.Clear();
                edit.Assign(clip);
                catalog.Add(clip);
                if (timeProvider.GetElapsedTime(reported) < ProgressInterval)
                    continue;
                reported = timeProvider.GetTimestamp();
                var soFar = timeProvider.GetElapsedTime(started);
                LogProgress(catalog.Clips, catalog.Scenes, soFar);
            }
            edit.Publish();
            var took = timeProvider.GetElapsedTime(started);
            LogLoaded(database.FullPath, catalog.Clips, catalog.Scenes, took);
            return new LoadedClips(vectors, catalog, database.LastSequence());
        }
        catch (SqliteException exception)
        {
            throw database.Unavailable("read", exception);
        }
        catch (Exception exception) when (exception is InvalidDataException or FormatException or System.Text.Json.JsonException)
        {
            throw new StoreUnavailableException(
                $"The database '{database.FullPath}' is damaged: {exception.Message}. Restore it from a copy, or choose another data folder (Index:Embedded:Path) and index the files in its media folder again.", exception);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Loading the store: {Clips} clips, {Scenes} scenes after {Time}")]
    private partial void LogProgress(int clips, long scenes, TimeSpan time);

    [LoggerMessage(Level = LogLevel.Information, Message = "Opened {Path}: {Clips} clips, {Scenes} scenes, loaded in {Time}")]
    private partial void LogLoaded(string path, int clips, long scenes, TimeSpan time);
}
