using Microsoft.Data.Sqlite;

namespace CavMae.Retrieval.Index.Embedded;

/// <summary>The tables of the embedded store, and to which model and program version they belong.</summary>
internal static class DatabaseSchema
{
    /// <summary>The id is "CavM".</summary>
    private static readonly SqliteFile File = new(ApplicationId: 0x4361764D, Version: 1);

    // A sequence number is never used again (AUTOINCREMENT): list cursors hold it.
    // Times are in ticks of 100 ns; vectors are float32, little-endian.
    private const string CreateTables = """
        CREATE TABLE store (
            model_id TEXT NOT NULL,
            dimension INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE clips (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            title TEXT NOT NULL,
            tags TEXT NOT NULL,
            metadata TEXT NOT NULL,
            duration_ticks INTEGER NOT NULL,
            has_audio INTEGER NOT NULL,
            has_video INTEGER NOT NULL,
            width INTEGER,
            height INTEGER,
            frame_rate REAL,
            sha256 TEXT NOT NULL,
            media_type TEXT NOT NULL,
            size_bytes INTEGER NOT NULL,
            created_at TEXT NOT NULL,
            scene_count INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE scenes (
            sequence INTEGER NOT NULL REFERENCES clips (sequence) ON DELETE CASCADE,
            scene_index INTEGER NOT NULL,
            start_ticks INTEGER NOT NULL,
            end_ticks INTEGER NOT NULL,
            audio BLOB,
            visual BLOB,
            UNIQUE (sequence, scene_index)
        ) STRICT;
        """;

    /// <summary>Makes the tables of a new store, or checks that those of an old one are for this program, model and dimension.</summary>
    public static void Prepare(SqliteConnection connection, string modelId, int dimension)
    {
        // A page of 32 KiB holds five scenes of two 768-number vectors with little left over; in smaller ones a quarter of the
        // file is gaps. Only counts before the first table.
        SqliteFile.Execute(connection, "PRAGMA page_size = 32768");
        SqliteFile.Configure(connection, isDurable: true);
        File.Prepare(connection, CreateTables, () => WriteModel(connection, modelId, dimension));
        CheckModel(connection, modelId, dimension);
    }

    /// <summary>The model of a store that is there; nothing of it is changed.</summary>
    /// <exception cref="StoreUnavailableException">It is no store of this program, or of a newer version.</exception>
    public static (string ModelId, int Dimension) ReadModel(SqliteConnection connection)
    {
        File.CheckFormat(connection);
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT model_id, dimension FROM store";
        using var reader = command.ExecuteReader();
        if (!reader.Read())
            throw new StoreUnavailableException($"'{connection.DataSource}' is damaged: it does not say which model it belongs to. Restore it from a copy.");
        return (reader.GetString(0), reader.GetInt32(1));
    }

    private static void WriteModel(SqliteConnection connection, string modelId, int dimension)
    {
        using var insert = connection.CreateCommand();
        insert.CommandText = "INSERT INTO store (model_id, dimension) VALUES ($model_id, $dimension)";
        insert.Parameters.AddWithValue("$model_id", modelId);
        insert.Parameters.AddWithValue("$dimension", dimension);
        insert.ExecuteNonQuery();
    }

    private static void CheckModel(SqliteConnection connection, string modelId, int dimension)
    {
        var (storeModelId, storeDimension) = ReadModel(connection);
        const string wayOut = "Start it with the model it belongs to, choose another data folder (Index:Embedded:Path), "
            + "or encode the media anew: into a new folder with `cavmae index`, or beside this store with `cavmae reindex`.";
        if (storeModelId != modelId)
            throw new ModelMismatchException(storeModelId, modelId,
                $"The store '{connection.DataSource}' belongs to model '{storeModelId}', the service runs '{modelId}'. {wayOut}");
        if (storeDimension != dimension)
            throw new ModelMismatchException(storeModelId, modelId,
                $"The store '{connection.DataSource}' holds vectors of {storeDimension} numbers for model '{storeModelId}', "
                + $"the service's model '{modelId}' gives {dimension}. {wayOut}");
    }
}
