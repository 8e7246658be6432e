using CavMae.Retrieval.Index;
using CavMae.Retrieval.Index.Embedded;
using Microsoft.Data.Sqlite;

namespace CavMae.Retrieval.Ingest.Jobs;

/// <summary>The tables of the job database.</summary>
internal static class JobSchema
{
    /// <summary>The id is "CavJ".</summary>
    private static readonly SqliteFile File = new(ApplicationId: 0x4361764A, Version: 1);

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
            SqliteFile.Configure(connection, isDurable);
            File.Prepare(connection, CreateTables);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
