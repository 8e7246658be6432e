using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using CavMae.Retrieval.Embeddings;
using Microsoft.Data.Sqlite;

namespace CavMae.Retrieval.Index.Embedded;

/// <summary>The durable side of the store: one SQLite file. Not thread safe: the index lets one caller in at a time.</summary>
internal sealed class ClipDatabase : IDisposable
{
    private readonly SqliteConnection connection;
    private readonly byte[] audioBlob;
    private readonly byte[] visualBlob;

    /// <exception cref="ModelMismatchException">It belongs to another model.</exception>
    /// <exception cref="StoreUnavailableException">It cannot be read, is damaged, or not for this version.</exception>
    public ClipDatabase(string path, string modelId, int dimension)
    {
        FullPath = path;
        audioBlob = new byte[dimension * sizeof(float)];
        visualBlob = new byte[dimension * sizeof(float)];
        // Without pooling, closing the connection closes the file, and with it the write-ahead log.
        connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        try
        {
            connection.Open();
            DatabaseSchema.Prepare(connection, modelId, dimension);
        }
        catch (Exception exception)
        {
            connection.Dispose();
            if (exception is SqliteException failure)
                throw Unavailable("opened", failure);
            throw;
        }
    }

    public string FullPath { get; }

    public ClipDatabaseReader ReadAll(string modelId) => new(connection, modelId, audioBlob.Length);

    /// <summary>The highest sequence number ever given to a clip; 0 before the first.</summary>
    public long LastSequence()
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'clips'";
        return (long)command.ExecuteScalar()!;
    }

    /// <summary>Writes a clip with all its scenes, in place of what has its sequence number, in one transaction. Durable on return.</summary>
    public void Write(long sequence, ClipRecord clip, string metadataJson, IReadOnlyList<SceneEmbedding> scenes, CancellationToken cancellationToken)
    {
        try
        {
            using var transaction = connection.BeginTransaction();
            DeleteRows(sequence);
            InsertClip(sequence, clip, metadataJson, scenes.Count);
            InsertScenes(sequence, scenes);
            cancellationToken.ThrowIfCancellationRequested();
            transaction.Commit();
        }
        catch (SqliteException exception)
        {
            throw Unavailable("written", exception);
        }
    }

    /// <summary>Changes those of a clip's columns that are not null, in one transaction. Durable on return.</summary>
    public void Update(long sequence, string? title, IReadOnlyList<string>? tags, string? metadataJson)
    {
        try
        {
            using var command = connection.CreateCommand();
            command.CommandText = """
                UPDATE clips SET title = coalesce($title, title), tags = coalesce($tags, tags), metadata = coalesce($metadata, metadata)
                WHERE sequence = $sequence
                """;
            command.Parameters.AddWithValue("$sequence", sequence);
            command.Parameters.AddWithValue("$title", title ?? (object)DBNull.Value);
            command.Parameters.AddWithValue("$tags", tags is null ? DBNull.Value : ToJson(tags));
            command.Parameters.AddWithValue("$metadata", metadataJson ?? (object)DBNull.Value);
            command.ExecuteNonQuery();
        }
        catch (SqliteException exception)
        {
            throw Unavailable("written", exception);
        }
    }

    public void Delete(long sequence)
    {
        try
        {
            using var transaction = connection.BeginTransaction();
            DeleteRows(sequence);
            transaction.Commit();
        }
        catch (SqliteException exception)
        {
            throw Unavailable("written", exception);
        }
    }

    /// <summary>Takes and gives back the right to write, and sees that the file is still the one that was opened.</summary>
    public void Check()
    {
        if (!File.Exists(FullPath))
            throw new StoreUnavailableException($"The database '{FullPath}' is gone. Stop the service, put it back, and start again.");
        try
        {
            using var command = connection.CreateCommand();
            command.CommandText = "BEGIN IMMEDIATE; ROLLBACK";
            command.ExecuteNonQuery();
        }
        catch (SqliteException exception)
        {
            throw Unavailable("written", exception);
        }
    }

    public void Dispose() => connection.Dispose();

    internal StoreUnavailableException Unavailable(string action, SqliteException exception)
    {
        // SQLITE_CORRUPT and SQLITE_NOTADB: trying again does not help.
        var hint = exception.SqliteErrorCode is 11 or 26
            ? "The file is damaged: restore it from a copy, or choose another data folder (Index:Embedded:Path) and index the files in its media folder again."
            : "See that its folder has space, that this user may write there, and that no other program holds the file.";
        return new StoreUnavailableException($"The database '{FullPath}' could not be {action}: {exception.Message} {hint}", exception);
    }

    private void DeleteRows(long sequence)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "DELETE FROM clips WHERE sequence = $sequence";
        command.Parameters.AddWithValue("$sequence", sequence);
        command.ExecuteNonQuery();
    }

    private void InsertClip(long sequence, ClipRecord clip, string metadataJson, int sceneCount)
    {
        using var command = connection.CreateCommand();
        command.CommandText = """
            INSERT INTO clips (sequence, id, title, tags, metadata, duration_ticks, has_audio, has_video, width, height, frame_rate,
                sha256, media_type, size_bytes, created_at, scene_count)
            VALUES ($sequence, $id, $title, $tags, $metadata, $duration_ticks, $has_audio, $has_video, $width, $height, $frame_rate,
                $sha256, $media_type, $size_bytes, $created_at, $scene_count)
            """;
        var parameters = command.Parameters;
        parameters.AddWithValue("$sequence", sequence);
        parameters.AddWithValue("$id", clip.Id);
        parameters.AddWithValue("$title", clip.Title);
        parameters.AddWithValue("$tags", ToJson(clip.Tags));
        parameters.AddWithValue("$metadata", metadataJson);
        parameters.AddWithValue("$duration_ticks", clip.Duration.Ticks);
        parameters.AddWithValue("$has_audio", clip.HasAudio);
        parameters.AddWithValue("$has_video", clip.HasVideo);
        parameters.AddWithValue("$width", clip.Width ?? (object)DBNull.Value);
        parameters.AddWithValue("$height", clip.Height ?? (object)DBNull.Value);
        parameters.AddWithValue("$frame_rate", clip.FrameRate ?? (object)DBNull.Value);
        parameters.AddWithValue("$sha256", clip.Sha256);
        parameters.AddWithValue("$media_type", clip.MediaType);
        parameters.AddWithValue("$size_bytes", clip.SizeBytes);
        parameters.AddWithValue("$created_at", clip.CreatedAt.ToString("O", CultureInfo.InvariantCulture));
        parameters.AddWithValue("$scene_count", sceneCount);
        command.ExecuteNonQuery();
    }

    private void InsertScenes(long sequence, IReadOnlyList<SceneEmbedding> scenes)
    {
        using var command = connection.CreateCommand();
        command.CommandText = """
            INSERT INTO scenes (sequence, scene_index, start_ticks, end_ticks, audio, visual)
            VALUES ($sequence, $scene_index, $start_ticks, $end_ticks, $audio, $visual)
            """;
        command.Parameters.AddWithValue("$sequence", sequence);
        var index = command.Parameters.Add("$scene_index", SqliteType.Integer);
        var start = command.Parameters.Add("$start_ticks", SqliteType.Integer);
        var end = command.Parameters.Add("$end_ticks", SqliteType.Integer);
        var audio = command.Parameters.Add("$audio", SqliteType.Blob);
        var visual = command.Parameters.Add("$visual", SqliteType.Blob);
        command.Prepare();
        foreach (var scene in scenes)
        {
            index.Value = scene.Index;
            start.Value = scene.Start.Ticks;
            end.Value = scene.End.Ticks;
            audio.Value = ToBlob(scene.Audio, audioBlob);
            visual.Value = ToBlob(scene.Visual, visualBlob);
            command.ExecuteNonQuery();
        }
    }

    private static string ToJson(IReadOnlyList<string> tags) => JsonSerializer.Serialize([.. tags], DatabaseJson.Default.StringArray);

    /// <summary>SQLite copies what is bound, so one buffer for each column serves all scenes.</summary>
    private static object ToBlob(float[]? vector, byte[] buffer)
    {
        if (vector is null)
            return DBNull.Value;
        VectorBlob.Write(vector, buffer);
        return buffer;
    }
}

[JsonSerializable(typeof(string[]))]
internal sealed partial class DatabaseJson : JsonSerializerContext;
