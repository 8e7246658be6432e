using CavMae.Benchmarks.Running;
using Microsoft.Data.Sqlite;

namespace CavMae.Benchmarks.Library;

/// <summary>What the embedded store's database holds, read past the program; from a copy, so that looking changes nothing.</summary>
/// <param name="ClipIds">Ids of all clips.</param>
/// <param name="Scenes">Rows of scenes.</param>
/// <param name="ScenesOfClips">Scenes that the clips say they have.</param>
/// <param name="OrphanScenes">Scenes of no clip.</param>
/// <param name="UnevenClips">Clips that have another number of scenes than they say.</param>
/// <param name="BadVectors">Scenes that lack one of their vectors (these clips have sound and pictures), or have one of another length.</param>
/// <param name="Problems">What SQLite finds wrong in the file.</param>
internal sealed record StoreContent(IReadOnlySet<string> ClipIds, int Scenes, int ScenesOfClips, int OrphanScenes, int UnevenClips, int BadVectors, int Problems)
{
    private const string DatabaseName = "index.db";

    /// <summary>All that must not be there.</summary>
    public int Defects => Math.Abs(Scenes - ScenesOfClips) + OrphanScenes + UnevenClips + BadVectors + Problems;

    /// <param name="data">A data folder that no process works on.</param>
    public static StoreContent Read(Workspace workspace, string data)
    {
        string copy = workspace.NewFolder("copy");
        try
        {
            // With the write-ahead log, where what was committed last may lie.
            foreach (string path in Directory.GetFiles(data, DatabaseName + "*").Where(path => !path.EndsWith("-shm", StringComparison.Ordinal)))
                File.Copy(path, Path.Combine(copy, Path.GetFileName(path)));
            using SqliteConnection connection = new(new SqliteConnectionStringBuilder { DataSource = Path.Combine(copy, DatabaseName), Mode = SqliteOpenMode.ReadWrite, Pooling = false }.ToString());
            connection.Open();
            return new StoreContent(
                Texts(connection, "SELECT id FROM clips").ToHashSet(StringComparer.Ordinal),
                Number(connection, "SELECT COUNT(*) FROM scenes"),
                Number(connection, "SELECT COALESCE(SUM(scene_count), 0) FROM clips"),
                Number(connection, "SELECT COUNT(*) FROM scenes WHERE sequence NOT IN (SELECT sequence FROM clips)"),
                Number(connection, "SELECT COUNT(*) FROM clips WHERE scene_count <> (SELECT COUNT(*) FROM scenes WHERE scenes.sequence = clips.sequence)"),
                Number(connection, "SELECT COUNT(*) FROM scenes, store WHERE COALESCE(LENGTH(audio), 0) <> 4 * dimension OR COALESCE(LENGTH(visual), 0) <> 4 * dimension"),
                Texts(connection, "PRAGMA integrity_check").Count(line => line != "ok") + Texts(connection, "PRAGMA foreign_key_check").Count);
        }
        finally
        {
            Directory.Delete(copy, recursive: true);
        }
    }

    private static int Number(SqliteConnection connection, string query)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = query;
        return (int)(long)command.ExecuteScalar()!;
    }

    private static List<string> Texts(SqliteConnection connection, string query)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = query;
        using SqliteDataReader reader = command.ExecuteReader();
        List<string> texts = [];
        while (reader.Read())
            texts.Add(reader.GetString(0));
        return texts;
    }
}
