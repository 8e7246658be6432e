using System.Text.Json;
using CavMae.Synthetic.Video;

namespace CavMae.Synthetic.Commands;

/// <summary>
/// Writes a folder of clips and its list, <c>.clips.json</c>: hidden, so that what takes in whole folders does not take it for a clip. Finished
/// clips are kept, so an interrupted run goes on where it was. One run at a time may work on a folder.
/// </summary>
internal static class ClipFolder
{
    public const string ListName = ".clips.json";

    /// <summary>Writes what is missing.</summary>
    /// <param name="done">Told after each clip how many of <see cref="SynthOptions.Count"/> are there; from any thread.</param>
    /// <returns>Clips written now.</returns>
    /// <exception cref="SyntheticException">The folder holds clips of another split or seed, or ffmpeg failed.</exception>
    public static async Task<int> WriteAsync(SynthOptions options, IProgress<int> done, CancellationToken cancellation)
    {
        Directory.CreateDirectory(options.Folder);
        int[] indexes = [.. Enumerable.Range(options.First, options.Count)];
        // The list comes first: from now on the folder says whose clips it holds, also when interrupted.
        // And first of all it is read: a folder of other clips is left as it is.
        ClipEntry[] clips = [.. indexes.Select(index => Entry(options, index)).UnionBy(ListedBefore(options), entry => entry.File)];
        Mp4Writer.RemoveUnfinished(options.Folder);
        WriteList(options, clips);
        int present = 0, written = 0;
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = options.Jobs, CancellationToken = cancellation };
        await Parallel.ForEachAsync(indexes, parallel, async (index, stop) =>
        {
            SyntheticClip clip = SyntheticClip.Create(options.Split, options.Seed, index);
            string path = Path.Combine(options.Folder, SynthOptions.FileName(index, clip));
            if (!File.Exists(path))
            {
                await clip.WriteMp4Async(path, stop).ConfigureAwait(false);
                Interlocked.Increment(ref written);
            }
            done.Report(Interlocked.Increment(ref present));
        }).ConfigureAwait(false);
        return written;
    }

    private static IReadOnlyList<ClipEntry> ListedBefore(SynthOptions options)
    {
        string path = Path.Combine(options.Folder, ListName);
        if (!File.Exists(path))
            return [];
        ClipList there;
        try
        {
            there = JsonSerializer.Deserialize(File.ReadAllText(path), ClipListJson.Default.ClipList) ?? throw new JsonException("it is null");
            if (there.Clips is null || there.Clips.Any(clip => clip?.File is null))
                throw new JsonException("\"clips\" is missing, or one of them has no \"file\"");
        }
        catch (JsonException problem)
        {
            throw new SyntheticException($"{path} is no list of clips ({problem.Message}): choose another folder.", problem);
        }
        if (there.Split == options.SplitName && there.Seed == options.Seed)
            return there.Clips;
        throw new SyntheticException(
            $"{options.Folder} holds clips of --split {there.Split} --seed {there.Seed}, not of --split {options.SplitName} --seed {options.Seed}: choose another folder.");
    }

    private static void WriteList(SynthOptions options, IEnumerable<ClipEntry> clips)
    {
        ClipList list = new(options.SplitName, options.Seed, [.. clips.OrderBy(clip => clip.File, StringComparer.Ordinal)]);
        string path = Path.Combine(options.Folder, ListName), unfinished = path + ".part";
        try
        {
            File.WriteAllText(unfinished, JsonSerializer.Serialize(list, ClipListJson.Default.ClipList) + "\n");
            File.Move(unfinished, path, overwrite: true);
        }
        finally
        {
            File.Delete(unfinished);
        }
    }

    private static ClipEntry Entry(SynthOptions options, int index)
    {
        SyntheticClip clip = SyntheticClip.Create(options.Split, options.Seed, index);
        Dictionary<string, float> parameters = new(StringComparer.Ordinal);
        for (int i = 0; i < clip.Parameters.Count; i++)
            parameters.Add(SyntheticClip.ParameterNames[i], clip.Parameters[i]);
        return new ClipEntry(SynthOptions.FileName(index, clip), clip.KindName, parameters);
    }
}
