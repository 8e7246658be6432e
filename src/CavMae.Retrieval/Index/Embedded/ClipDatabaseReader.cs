using System.Globalization;
using System.Text.Json;
using CavMae.Retrieval.Embeddings;
using Microsoft.Data.Sqlite;

namespace CavMae.Retrieval.Index.Embedded;

/// <summary>Streams every clip with its scenes in list order; what is not as it was written is reported, never skipped.</summary>
internal sealed class ClipDatabaseReader : IDisposable
{
    private readonly SqliteCommand clipCommand;
    private readonly SqliteCommand sceneCommand;
    private readonly SqliteDataReader clips;
    private readonly SqliteDataReader scenes;
    private readonly string modelId;
    private readonly float[] audio;
    private readonly float[] visual;
    private bool hasScene;

    public ClipDatabaseReader(SqliteConnection connection, string modelId, int blobBytes)
    {
        this.modelId = modelId;
        audio = new float[blobBytes / sizeof(float)];
        visual = new float[blobBytes / sizeof(float)];
        clipCommand = connection.CreateCommand();
        clipCommand.CommandText = """
            SELECT sequence, id, title, tags, metadata, duration_ticks, has_audio, has_video, width, height, frame_rate,
                sha256, media_type, size_bytes, created_at, scene_count
            FROM clips ORDER BY sequence
            """;
        sceneCommand = connection.CreateCommand();
        sceneCommand.CommandText = "SELECT sequence, scene_index, start_ticks, end_ticks, audio, visual FROM scenes ORDER BY sequence, scene_index";
        clips = clipCommand.ExecuteReader();
        scenes = sceneCommand.ExecuteReader();
        hasScene = scenes.Read();
    }

    /// <summary>Reads the next clip.</summary>
    /// <param name="addScene">Called for each of its scenes in order, with its vectors (empty where it has none); they are only valid during the call.</param>
    /// <returns>Null at the end.</returns>
    /// <exception cref="InvalidDataException">Rows that do not fit together.</exception>
    public (ClipRecord Record, string MetadataJson, long Sequence)? Next(SceneReceiver addScene)
    {
        if (!clips.Read())
            return hasScene ? throw new InvalidDataException("scenes without a clip") : null;
        var sequence = clips.GetInt64(0);
        var records = new SceneRecord[clips.GetInt32(15)];
        var id = clips.GetString(1);
        for (var i = 0; i < records.Length; i++)
        {
            if (!hasScene || scenes.GetInt64(0) != sequence)
                throw new InvalidDataException($"clip '{id}' has {i} of its {records.Length} scenes");
            var audioRow = ReadVector(4, audio, id, i);
            var visualRow = ReadVector(5, visual, id, i);
            addScene(audioRow, visualRow);
            records[i] = new SceneRecord(scenes.GetInt32(1), TimeSpan.FromTicks(scenes.GetInt64(2)), TimeSpan.FromTicks(scenes.GetInt64(3)), !audioRow.IsEmpty, !visualRow.IsEmpty);
            hasScene = scenes.Read();
        }
        return (ReadClip(id, records), clips.GetString(4), sequence);
    }

    public void Dispose()
    {
        clips.Dispose();
        scenes.Dispose();
        clipCommand.Dispose();
        sceneCommand.Dispose();
    }

    private ClipRecord ReadClip(string id, SceneRecord[] records) => new()
    {
        Id = id,
        Title = clips.GetString(2),
        Tags = JsonSerializer.Deserialize(clips.GetString(3), DatabaseJson.Default.StringArray)!,
        Duration = TimeSpan.FromTicks(clips.GetInt64(5)),
        HasAudio = clips.GetBoolean(6),
        HasVideo = clips.GetBoolean(7),
        Width = clips.IsDBNull(8) ? null : clips.GetInt32(8),
        Height = clips.IsDBNull(9) ? null : clips.GetInt32(9),
        FrameRate = clips.IsDBNull(10) ? null : clips.GetDouble(10),
        Sha256 = clips.GetString(11),
        MediaType = clips.GetString(12),
        SizeBytes = clips.GetInt64(13),
        CreatedAt = DateTimeOffset.ParseExact(clips.GetString(14), "O", CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind),
        ModelId = modelId,
        Scenes = records,
    };

    private ReadOnlySpan<float> ReadVector(int column, float[] vector, string clipId, int scene)
    {
        if (scenes.IsDBNull(column))
            return [];
        var blob = scenes.GetFieldValue<byte[]>(column);
        if (blob.Length != vector.Length * sizeof(float))
            throw new InvalidDataException($"a vector of scene {scene} of clip '{clipId}' has {blob.Length} bytes");
        VectorBlob.Read(blob, vector);
        // A row whose bits have changed would spoil every search it is in.
        if (!SceneEmbedding.IsUnit(vector))
            throw new InvalidDataException($"a vector of scene {scene} of clip '{clipId}' is not of unit length");
        return vector;
    }
}

/// <summary>Takes one scene's vectors; empty where it lacks the modality.</summary>
internal delegate void SceneReceiver(ReadOnlySpan<float> audio, ReadOnlySpan<float> visual);
