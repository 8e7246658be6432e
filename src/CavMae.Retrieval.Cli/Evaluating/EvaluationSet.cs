using CavMae.Retrieval.Cli.Indexing;

namespace CavMae.Retrieval.Cli.Evaluating;

/// <summary>Sound and pictures that belong together: one clip, or a sound file and a picture.</summary>
/// <param name="Name">What messages call it: the clip's path, or the data set's id.</param>
/// <param name="SoundPath">The file whose sound is one side.</param>
/// <param name="PicturesPath">The file whose pictures are the other side; the same path for a clip.</param>
internal sealed record EvaluationItem(string Name, string SoundPath, string PicturesPath)
{
    public bool IsOneFile => SoundPath == PicturesPath;
}

internal enum LeftOutKind
{
    /// <summary>Missing, damaged, or no media.</summary>
    Unreadable,

    /// <summary>Only sound or only pictures: nothing to pair.</summary>
    OneSided,

    /// <summary>The same content as another: the two could not be told apart.</summary>
    Duplicate,
}

/// <summary>Something that is not evaluated, and why.</summary>
internal sealed record LeftOutFile(string Name, LeftOutKind Kind, string Reason)
{
    public override string ToString() => $"left out {Name}: {Reason}";
}

/// <summary>What is to be evaluated, before anything of it was decoded.</summary>
internal sealed record EvaluationSet(IReadOnlyList<EvaluationItem> Items, IReadOnlyList<LeftOutFile> LeftOut)
{
    /// <param name="path">A folder of clips, or a data set file; see <see cref="DatasetFile"/>.</param>
    /// <param name="dataFolder">Left out where it lies below <paramref name="path"/>.</param>
    /// <exception cref="Commands.BadUseException">The file is not a data set.</exception>
    public static async Task<EvaluationSet> FindAsync(string path, string dataFolder, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(path))
            return await DatasetFile.ReadAsync(path, cancellationToken).ConfigureAwait(false);
        MediaFiles files = MediaFiles.Find([path], dataFolder);
        return new EvaluationSet(
            [.. files.Found.Select(file => new EvaluationItem(file.Path, file.Path, file.Path))],
            [.. files.Unreadable.Select(folder => new LeftOutFile(folder.Path, LeftOutKind.Unreadable, folder.Detail))]);
    }
}
