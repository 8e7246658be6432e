using Microsoft.Data.Sqlite;

namespace CavMae.Retrieval.Index.Embedded;

/// <summary>What this program's databases have in common: how they are kept, and a mark that says whose and how old they are.</summary>
/// <param name="ApplicationId">Marks a file as this program's, so that another database is never taken for one of them.</param>
/// <param name="Version">The newest format this program knows.</param>
internal sealed record SqliteFile(long ApplicationId, long Version)
{
    /// <summary>A write-ahead log, checked references, and patience with a reader.</summary>
    /// <param name="connection">An open one.</param>
    /// <param name="isDurable">Whether what it commits survives a power cut, and not only the end of the process.</param>
    public static void Configure(SqliteConnection connection, bool isDurable)
    {
        Execute(connection, "PRAGMA journal_mode = WAL");
        Execute(connection, $"PRAGMA synchronous = {(isDurable ? "FULL" : "NORMAL")}");
        Execute(connection, "PRAGMA foreign_keys = ON");
        Execute(connection, "PRAGMA busy_timeout = 5000");
    }

    /// <summary>Makes the tables of a new file, all or nothing, or checks an old one.</summary>
    /// <param name="connection">An open one.</param>
    /// <param name="createTables">The tables.</param>
    /// <param name="fill">What a new file holds from the start.</param>
    /// <exception cref="StoreUnavailableException">Another program's database, or a newer version's.</exception>
    public void Prepare(SqliteConnection connection, string createTables, Action? fill = null)
    {
        if (Scalar(connection, "PRAGMA user_version") != 0 || Scalar(connection, "SELECT count(*) FROM sqlite_schema") != 0)
        {
            CheckFormat(connection);
            return;
        }
        using SqliteTransaction transaction = connection.BeginTransaction();
        Execute(connection, createTables);
        Execute(connection, $"PRAGMA application_id = {ApplicationId}");
        Execute(connection, $"PRAGMA user_version = {Version}");
        fill?.Invoke();
        transaction.Commit();
    }

    /// <exception cref="StoreUnavailableException">Another program's database, or a newer version's.</exception>
    public void CheckFormat(SqliteConnection connection)
    {
        if (Scalar(connection, "PRAGMA application_id") != ApplicationId)
            throw new StoreUnavailableException(
                $"'{connection.DataSource}' is a database of another program. Choose another data folder (Index:Embedded:Path).");
        long version = Scalar(connection, "PRAGMA user_version");
        if (version > Version)
            throw new StoreUnavailableException(
                $"'{connection.DataSource}' was written by a newer version of this program (its format is {version}, this program knows up to {Version}). "
                + "Start that version, or choose another data folder (Index:Embedded:Path).");
    }

    public static void Execute(SqliteConnection connection, string sql)
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
