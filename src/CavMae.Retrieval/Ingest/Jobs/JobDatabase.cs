using System.Text.Json;
using System.Text.Json.Serialization;
using CavMae.Retrieval.Index;
using Microsoft.Data.Sqlite;

namespace CavMae.Retrieval.Ingest.Jobs;

/// <summary>The durable side of the jobs: one SQLite file. Not thread-safe: <see cref="JobStore"/> lets one caller in at a time.</summary>
internal sealed class JobDatabase : IDisposable
{
    private const string Columns = "sequence, id, state, sha256, size_bytes, scenes_done, scenes_total, done_ticks, total_ticks, clip_id, problem_status, problem_detail, created_at, started_at, ended_at";

    private readonly string path;
    private readonly SqliteConnection connection;

    /// <exception cref="StoreUnavailableException">It cannot be read, is damaged, or not for this version.</exception>
    public JobDatabase(string path)
    {
        this.path = path;
        try
        {
            connection = JobSchema.Open(path, isDurable: true);
            Scenes = new JobScenes(JobSchema.Open(path, isDurable: false));
        }
        catch (SqliteException exception)
        {
            connection?.Dispose();
            throw Unavailable(exception);
        }
    }

    /// <summary>The scenes of jobs under way; on a connection of its own that does not wait for the disk.</summary>
    public JobScenes Scenes { get; }

    /// <summary>Adds a queued job and gives it its place. Durable on return.</summary>
    public Job Insert(Job job, ClipUpload upload) => job with
    {
        Sequence = Scalar("INSERT INTO jobs (id, state, upload, sha256, size_bytes, created_at) VALUES ($id, 'queued', $upload, $sha256, $size, $created) RETURNING sequence",
            ("$id", job.Id), ("$upload", JsonSerializer.Serialize(upload, JobJson.Default.ClipUpload)), ("$sha256", job.Sha256), ("$size", job.SizeBytes), ("$created", job.CreatedAt.UtcTicks)),
    };

    public Job? Find(string id) => Read($"SELECT {Columns} FROM jobs WHERE id = $id", ("$id", id)).SingleOrDefault();

    /// <summary>Queued and running jobs, oldest first.</summary>
    public List<Job> FindActive() => Read($"SELECT {Columns} FROM jobs WHERE state IN ('queued', 'running') ORDER BY sequence");

    /// <summary>The same of one content.</summary>
    public List<Job> FindActive(string sha256) => Read($"SELECT {Columns} FROM jobs WHERE state IN ('queued', 'running') AND sha256 = $sha256 ORDER BY sequence", ("$sha256", sha256));

    /// <summary>Whether a queued or running job is of this content, or stores a clip of this id.</summary>
    public bool IsAnyActive(string sha256, string? clipId) => Scalar(
        "SELECT EXISTS (SELECT 1 FROM jobs WHERE state IN ('queued', 'running') AND (sha256 = $sha256 OR json_extract(upload, '$.Id') = $clip))",
        ("$sha256", sha256), ("$clip", clipId)) != 0;

    /// <summary>Place of the last queued or running job that stores a clip of this id; 0 where there is none.</summary>
    public long FindLastActive(string clipId) =>
        Scalar("SELECT coalesce(max(sequence), 0) FROM jobs WHERE state IN ('queued', 'running') AND json_extract(upload, '$.Id') = $clip", ("$clip", clipId));

    /// <summary>What the client said of a job that has not ended.</summary>
    public ClipUpload ReadUpload(long sequence)
    {
        using SqliteCommand command = Command("SELECT upload FROM jobs WHERE sequence = $sequence", [("$sequence", sequence)]);
        return JsonSerializer.Deserialize((string)command.ExecuteScalar()!, JobJson.Default.ClipUpload)!;
    }

    /// <summary>Newest first.</summary>
    public List<Job> List(JobState? state, long before, int limit) => Read(
        $"SELECT {Columns} FROM jobs WHERE sequence < $before {(state is null ? "" : "AND state = $state")} ORDER BY sequence DESC LIMIT $limit",
        ("$before", before), ("$limit", limit), ("$state", JobStateName.Of(state ?? default)));

    public JobCounts Count() => new(Scalar("SELECT count(*) FROM jobs WHERE state = 'queued'"), Scalar("SELECT count(*) FROM jobs WHERE state = 'running'"));

    /// <summary>
    /// Makes the oldest queued job a running one; null where none waits, or none whose clip no running job stores: what was asked for later has to come
    /// later. See <see cref="ReadUpload"/>.
    /// </summary>
    public Job? Claim(DateTimeOffset now) => Read(
        $"""
        UPDATE jobs SET state = 'running', started_at = coalesce(started_at, $now)
        WHERE sequence = (
            SELECT min(sequence) FROM jobs WHERE state = 'queued' AND NOT EXISTS (
                SELECT 1 FROM jobs AS other WHERE other.state = 'running' AND json_extract(other.upload, '$.Id') = json_extract(jobs.upload, '$.Id')))
        RETURNING {Columns}
        """,
        ("$now", now.UtcTicks)).SingleOrDefault();

    /// <summary>Puts jobs back that run no more, though nobody ended them.</summary>
    public void Requeue(long? sequence = null) =>
        Execute("UPDATE jobs SET state = 'queued' WHERE state = 'running' AND ($sequence IS NULL OR sequence = $sequence)", ("$sequence", sequence));

    /// <summary>Notes what the file holds, and forgets scenes that were embedded by another plan.</summary>
    /// <param name="plan">Model and cut: scenes of one plan can be put together.</param>
    public void Begin(long sequence, string plan, int scenesTotal, TimeSpan total)
    {
        using SqliteTransaction transaction = connection.BeginTransaction();
        Execute("DELETE FROM scenes WHERE sequence = $sequence AND (SELECT plan FROM jobs WHERE sequence = $sequence) <> $plan", ("$sequence", sequence), ("$plan", plan));
        Execute("""
            UPDATE jobs SET plan = $plan, scenes_total = $scenes, total_ticks = $total,
                scenes_done = (SELECT coalesce(max(scene_index) + 1, 0) FROM scenes WHERE sequence = $sequence),
                done_ticks = (SELECT coalesce(max(end_ticks), 0) FROM scenes WHERE sequence = $sequence)
            WHERE sequence = $sequence
            """, ("$sequence", sequence), ("$plan", plan), ("$scenes", scenesTotal), ("$total", total.Ticks));
        transaction.Commit();
    }

    /// <summary>Ends a job; its scenes, and what the client said of it, are removed. Durable on return.</summary>
    public void Finish(long sequence, JobState state, string? clipId, JobProblem? problem, DateTimeOffset now)
    {
        using SqliteTransaction transaction = connection.BeginTransaction();
        Execute("DELETE FROM scenes WHERE sequence = $sequence", ("$sequence", sequence));
        Execute("""
            UPDATE jobs SET state = $state, upload = '{}', clip_id = $clip, problem_status = $status, problem_detail = $detail, ended_at = $now,
                scenes_done = CASE WHEN $state = 'succeeded' THEN coalesce(scenes_total, 0) ELSE scenes_done END,
                done_ticks = CASE WHEN $state = 'succeeded' THEN coalesce(total_ticks, 0) ELSE done_ticks END
            WHERE sequence = $sequence
            """,
            ("$sequence", sequence), ("$state", JobStateName.Of(state)), ("$clip", clipId), ("$status", problem?.Status), ("$detail", problem?.Detail), ("$now", now.UtcTicks));
        transaction.Commit();
    }

    public void Delete(long sequence) => Execute("DELETE FROM jobs WHERE sequence = $sequence", ("$sequence", sequence));

    /// <summary>Removes the records of jobs that ended before a time, and the oldest of those that are too many and ended before another.</summary>
    public int Prune(DateTimeOffset endedBefore, int keep, DateTimeOffset tooManyBefore) => Execute("""
        DELETE FROM jobs WHERE ended_at < $before
            OR (ended_at < $recent AND sequence IN (SELECT sequence FROM jobs WHERE ended_at IS NOT NULL ORDER BY ended_at DESC, sequence DESC LIMIT -1 OFFSET $keep))
        """, ("$before", endedBefore.UtcTicks), ("$keep", keep), ("$recent", tooManyBefore.UtcTicks));

    /// <summary>What a failure of SQLite means here.</summary>
    public StoreUnavailableException Unavailable(SqliteException exception) => new(
        $"The job database '{path}' cannot be used: {exception.Message} See that its folder has space and that this user may write there; a damaged file can be moved away, and its jobs with it.", exception);

    public void Dispose()
    {
        Scenes.Dispose();
        connection.Dispose();
    }

    private List<Job> Read(string sql, params (string Name, object? Value)[] parameters)
    {
        using SqliteCommand command = Command(sql, parameters);
        using SqliteDataReader row = command.ExecuteReader();
        List<Job> jobs = [];
        while (row.Read())
            jobs.Add(ToJob(row));
        return jobs;
    }

    private static Job ToJob(SqliteDataReader row) => new()
    {
        Sequence = row.GetInt64(0),
        Id = row.GetString(1),
        State = JobStateName.Parse(row.GetString(2)) ?? throw new StoreUnavailableException($"The job database holds a job of the unknown state '{row.GetString(2)}'."),
        Sha256 = row.GetString(3),
        SizeBytes = row.GetInt64(4),
        Progress = new JobProgress(row.GetInt32(5), row.IsDBNull(6) ? null : row.GetInt32(6), TimeSpan.FromTicks(row.GetInt64(7)), row.IsDBNull(8) ? null : TimeSpan.FromTicks(row.GetInt64(8))),
        ClipId = row.IsDBNull(9) ? null : row.GetString(9),
        Problem = row.IsDBNull(10) ? null : new JobProblem(row.GetInt32(10), row.GetString(11)),
        CreatedAt = Instant(row.GetInt64(12)),
        StartedAt = row.IsDBNull(13) ? null : Instant(row.GetInt64(13)),
        EndedAt = row.IsDBNull(14) ? null : Instant(row.GetInt64(14)),
    };

    private static DateTimeOffset Instant(long utcTicks) => new(utcTicks, TimeSpan.Zero);

    private long Scalar(string sql, params (string Name, object? Value)[] parameters)
    {
        using SqliteCommand command = Command(sql, parameters);
        using SqliteDataReader row = command.ExecuteReader();
        row.Read();
        long value = row.GetInt64(0);
        // To the end: a statement that writes commits there.
        while (row.Read())
        {
        }
        return value;
    }

    private int Execute(string sql, params (string Name, object? Value)[] parameters)
    {
        using SqliteCommand command = Command(sql, parameters);
        return command.ExecuteNonQuery();
    }

    private SqliteCommand Command(string sql, (string Name, object? Value)[] parameters)
    {
        SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // All texts are constants of this class; values go in as parameters.
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach ((string name, object? value) in parameters)
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        return command;
    }
}

[JsonSerializable(typeof(ClipUpload))]
internal sealed partial class JobJson : JsonSerializerContext;
