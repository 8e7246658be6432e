using Microsoft.Data.Sqlite;

namespace CavMae.Retrieval.Index.Embedded;

/// <summary>The tables of the embedded store, and to which model and program version they belong.</summary>
internal static class DatabaseSchema
{
    private const long Version = 1;

    /// <summary>"CavM": marks the file as this program's, so that another SQLite database is never taken for a store.</summary>
    private const long ApplicationId = 0x4361764D;

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
        Execute(connection, "PRAGMA page_size = 32768");
        Execute(connection, "PRAGMA journal_mode = WAL");
        // FULL: what a commit has acknowledged survives a power cut too.
        Execute(connection, "PRAGMA synchronous = FULL");
        Execute(connection, "PRAGMA foreign_keys = ON");
        Execute(connection, "PRAGMA busy_timeout = 5000");

        var version = (long)Scalar(connection, "PRAGMA user_version")!;
        if (version == 0 && (long)Scalar(connection, "SELECT count(*) FROM sqlite_schema")! == 0)
            Create(connection, modelId, dimension);
        else
            CheckFormat(connection, version);
        CheckModel(connection, modelId, dimension);
    }

    /// <summary>The model of a store that is there; nothing of it is changed.</summary>
    /// <exception cref="StoreUnavailableException">It is no store of this program, or of a newer version.</exception>
    public static (string ModelId, int Dimension) ReadModel(SqliteConnection connection)
    {
        CheckFormat(connection, (long)Scalar(connection, "PRAGMA user_version")!);
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT model_id, dimension FROM store";
        using var reader = command.ExecuteReader();
        if (!reader.Read())
            throw new StoreUnavailableException($"'{connection.DataSource}' is damaged: it does not say which model it belongs to. Restore it from a copy.");
        return (reader.GetString(0), reader.GetInt32(1));
    }

    private static void CheckFormat(SqliteConnection connection, long version)
    {
        if ((long)Scalar(connection, "PRAGMA application_id")! != ApplicationId)
            throw new StoreUnavailableException(
                $"'{connection.DataSource}' is a database of another program. Choose another data folder (Index:Embedded:Path).");
        if (version > Version)
            throw new StoreUnavailableException(
                $"'{connection.DataSource}' was written by a newer version of this program (its format is {version}, this program knows up to {Version}). "
                + "Start that version, or choose another data folder (Index:Embedded:Path).");
    }

    private static void Create(SqliteConnection connection, string modelId, int dimension)
    {
        using var transaction = connection.BeginTransaction();
        Execute(connection, CreateTables);
        Execute(connection, $"PRAGMA application_id = {ApplicationId}");
        Execute(connection, $"PRAGMA user_version = {Version}");
        using var insert = connection.CreateCommand();
        insert.CommandText = "INSERT INTO store (model_id, dimension) VALUES ($model_id, $dimension)";
        insert.Parameters.AddWithValue("$model_id", modelId);
        insert.Parameters.AddWithValue("$dimension", dimension);
        insert.ExecuteNonQuery();
        transaction.Commit();
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

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static object? Scalar(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
