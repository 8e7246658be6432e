using System.Text.Json;
using CavMae.Retrieval.Index.Embedded;
using Microsoft.Data.Sqlite;

namespace CavMae.Retrieval.Index;

/// <summary>The clips of an embedded store as they were at one moment, read beside the process that works on it, which is not held up.</summary>
/// <param name="ModelId">Model of the store.</param>
/// <param name="Dimension">Numbers in a vector.</param>
/// <param name="Clips">In the order of their first upload.</param>
public sealed record StoreSnapshot(string ModelId, int Dimension, IReadOnlyList<ClipRecord> Clips)
{
    /// <param name="dataFolder">The data folder; it need not be free.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="StoreUnavailableException">There is no store of this program, or it cannot be read.</exception>
    public static StoreSnapshot Read(string dataFolder, CancellationToken cancellationToken)
    {
        string path = Path.Combine(Path.GetFullPath(dataFolder), DataFolder.DatabaseName);
        if (!File.Exists(path))
            throw new StoreUnavailableException($"There is no database '{path}'. Name the data folder of a service (Index:Embedded:Path, --data).");
        try
        {
            using SqliteConnection connection = new(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
            connection.Open();
            // One transaction, so that clips and scenes are of the same moment.
            using SqliteTransaction moment = connection.BeginTransaction(deferred: true);
            (string modelId, int dimension) = DatabaseSchema.ReadModel(connection);
            using ClipDatabaseReader reader = new(connection, modelId, dimension * sizeof(float));
            List<ClipRecord> clips = [];
            while (reader.Next((_, _) => { }) is var (record, metadataJson, sequence))
            {
                cancellationToken.ThrowIfCancellationRequested();
                clips.Add(new StoredClip(record, metadataJson, sequence, []).ToRecord());
            }
            return new StoreSnapshot(modelId, dimension, clips);
        }
        catch (Exception problem) when (problem is SqliteException or InvalidDataException or FormatException or JsonException)
        {
            throw new StoreUnavailableException($"The database '{path}' cannot be read: {problem.Message}", problem);
        }
    }
}
