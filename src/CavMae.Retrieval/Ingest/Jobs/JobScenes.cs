using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index.Embedded;
using Microsoft.Data.Sqlite;

namespace CavMae.Retrieval.Ingest.Jobs;

/// <summary>
/// Scenes that jobs under way have embedded, each kept as soon as it is: a killed process has embedded nothing in vain but what was in the
/// encoders. Not thread-safe.
/// </summary>
/// <param name="connection">Taken over.</param>
internal sealed class JobScenes(SqliteConnection connection) : IDisposable
{
    /// <summary>Keeps a scene and moves the job's progress along.</summary>
    public void Add(long sequence, SceneEmbedding scene)
    {
        using SqliteTransaction transaction = connection.BeginTransaction();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = """
            INSERT OR REPLACE INTO scenes (sequence, scene_index, start_ticks, end_ticks, audio, visual) VALUES ($sequence, $index, $start, $end, $audio, $visual);
            UPDATE jobs SET scenes_done = $index + 1, done_ticks = $end WHERE sequence = $sequence
            """;
        command.Parameters.AddWithValue("$sequence", sequence);
        command.Parameters.AddWithValue("$index", scene.Index);
        command.Parameters.AddWithValue("$start", scene.Start.Ticks);
        command.Parameters.AddWithValue("$end", scene.End.Ticks);
        command.Parameters.AddWithValue("$audio", ToBlob(scene.Audio));
        command.Parameters.AddWithValue("$visual", ToBlob(scene.Visual));
        command.ExecuteNonQuery();
        transaction.Commit();
    }

    /// <summary>The kept scenes of a job by their index; a scene with a vector that is not as it was written is left out, to be embedded again.</summary>
    /// <param name="dimension">Numbers in a vector.</param>
    public Dictionary<int, SceneEmbedding> Read(long sequence, int dimension)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT scene_index, start_ticks, end_ticks, audio, visual FROM scenes WHERE sequence = $sequence";
        command.Parameters.AddWithValue("$sequence", sequence);
        using SqliteDataReader row = command.ExecuteReader();
        Dictionary<int, SceneEmbedding> scenes = [];
        while (row.Read())
            if (TryReadVector(row, 3, dimension, out float[]? audio) && TryReadVector(row, 4, dimension, out float[]? visual))
                scenes[row.GetInt32(0)] = new SceneEmbedding(row.GetInt32(0), TimeSpan.FromTicks(row.GetInt64(1)), TimeSpan.FromTicks(row.GetInt64(2)), audio, visual);
        return scenes;
    }

    public void Dispose() => connection.Dispose();

    private static object ToBlob(float[]? vector)
    {
        if (vector is null)
            return DBNull.Value;
        byte[] blob = new byte[vector.Length * sizeof(float)];
        VectorBlob.Write(vector, blob);
        return blob;
    }

    private static bool TryReadVector(SqliteDataReader row, int column, int dimension, out float[]? vector)
    {
        vector = null;
        if (row.IsDBNull(column))
            return true;
        byte[] blob = row.GetFieldValue<byte[]>(column);
        if (blob.Length != dimension * sizeof(float))
            return false;
        vector = new float[dimension];
        VectorBlob.Read(blob, vector);
        return SceneEmbedding.IsUnit(vector);
    }
}
