using CavMae.Retrieval.Index;
using Microsoft.Data.Sqlite;

namespace CavMae.Retrieval.Ingest.Jobs;

/// <summary>The tables of the job database.</summary>
internal static class JobSchema
{
    private const long Version = 1;

    /// <summary>"CavJ": marks the file as this program's.</summary>
    private const long ApplicationId = 0x4361764A;

    // A sequence number is never used again (AUTOINCREMENT): list cursors hold it. Times are in ticks of 100 ns, instants from the year 1 in UTC;
    // vectors are float32, little-endian.
    private const string CreateTables = """
        CREATE TABLE jobs (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            state TEXT NOT NULL,
            upload TEXT NOT NULL,
            sha256 TEXT NOT NULL,
            size_bytes INTEGER NOT NULL,
            plan TEXT NOT NULL DEFAULT '',
            scenes_done INTEGER NOT NULL DEFAULT 0,
            scenes_total INTEGER,
            done_ticks INTEGER NOT NULL DEFAULT 0,
            total_ticks INTEGER,
            clip_id TEXT,
            problem_status INTEGER,
            problem_detail TEXT,
            created_at INTEGER NOT NULL,
            started_at INTEGER,
            ended_at INTEGER
        ) STRICT;
        CREATE INDEX jobs_by_state ON jobs (state, sequence);
        CREATE INDEX jobs_by_end ON jobs (ended_at, sequence);
        CREATE TABLE scenes (
            sequence INTEGER NOT NULL REFERENCES jobs (sequence) ON DELETE CASCADE,
            scene_index INTEGER NOT NULL,
            start_ticks INTEGER NOT NULL,
            end_ticks INTEGER NOT NULL,
            audio BLOB,
            visual BLOB,
            PRIMARY KEY (sequence, scene_index)
        ) STRICT;
        """;

    /// <summary>Opens a connection of its own; tables are made where the file is new.</summary>
    /// <param name="isDurable">
    /// Whether what it commits survives a power cut. Otherwise it survives the end of the process, however that comes, which costs no wait for
    /// the disk.
    /// </param>
    /// <exception cref="StoreUnavailableException">Another program's database, or a newer version's.</exception>
    public static SqliteConnection Open(string path, bool isDurable)
    {
        // Without pooling, closing the connection closes the file, and with it the write-ahead log.
        SqliteConnection connection = new(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        try
        {
            connection.Open();
            Execute(connection, "PRAGMA journal_mode = WAL");
            Execute(connection, $"PRAGMA synchronous = {(isDurable ? "FULL" : "NORMAL")}");
            Execute(connection, "PRAGMA foreign_keys = ON");
            Execute(connection, "PRAGMA busy_timeout = 5000");
            Prepare(connection);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static void Prepare(SqliteConnection connection)
    {
        long version = Scalar(connection, "PRAGMA user_version");
        if (version == 0 && Scalar(connection, "SELECT count(*) FROM sqlite_schema") == 0)
        {
            using SqliteTransaction transaction = connection.BeginTransaction();
            Execute(connection, CreateTables);
            Execute(connection, $"PRAGMA application_id = {ApplicationId}");
            Execute(connection, $"PRAGMA user_version = {Version}");
            transaction.Commit();
        }
        else if (Scalar(connection, "PRAGMA application_id") != ApplicationId)
            throw new StoreUnavailableException($"'{connection.DataSource}' is a database of another program. Choose another data folder (Index:Embedded:Path).");
        else if (version > Version)
            throw new StoreUnavailableException($"'{connection.DataSource}' was written by a newer version of this program (its format is {version}, this program knows up to {Version}). Start that version.");
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static long Scalar(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }
}
