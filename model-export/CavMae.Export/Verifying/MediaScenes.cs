using System.IO.Enumeration;
using System.Runtime.CompilerServices;
using CavMae.Retrieval.Media;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace CavMae.Export.Verifying;

/// <summary>
/// The scenes of media files as the service cuts, hears and sees them (sound: up to 164,080 samples at 16 kHz; pictures: one frame, number 5
/// of ten). Each scene is given as soon as it is decoded and kept nowhere, so that memory does not grow with the media. One reading at a time.
/// </summary>
internal sealed class MediaScenes : IDisposable
{
    private readonly MediaDecoder decoder;
    private readonly List<UnusableFile> unusable = [];

    private MediaScenes(IReadOnlyList<string> files, string ffmpegFolder)
    {
        Files = files;
        decoder = new MediaDecoder(
            Options.Create(new MediaOptions { FfmpegFolder = ffmpegFolder, Parallelism = 1 }), Options.Create(new SceneOptions()),
            NullLogger<MediaDecoder>.Instance, TimeProvider.System);
    }

    /// <summary>The files to read, each once, in the order they were given; those of a folder in the order of their paths.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>Files that could not be decoded, whole, by the reading so far, and why.</summary>
    public IReadOnlyList<UnusableFile> Unusable => unusable;

    /// <summary>Files as they are, and folders with all below them but hidden files and folders and links to folders. Nothing is opened yet.</summary>
    /// <param name="paths">Files and folders.</param>
    /// <param name="ffmpegFolder">Folder of ffmpeg and ffprobe; empty: found on PATH.</param>
    /// <exception cref="ExportException">A path is not there.</exception>
    /// <exception cref="UnauthorizedAccessException">A folder may not be read.</exception>
    public static MediaScenes Find(IEnumerable<string> paths, string ffmpegFolder = "")
    {
        List<string> files = [];
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (string path in paths)
        {
            if (!Path.Exists(path))
                throw new ExportException($"There is no {path}.");
            files.AddRange((Directory.Exists(path) ? FilesBelow(path) : [path]).Where(file => seen.Add(Path.GetFullPath(file))));
        }
        return new MediaScenes(files, ffmpegFolder);
    }

    /// <summary>
    /// Decodes one file after the other. A file that cannot be decoded is noted in <see cref="Unusable"/> and left out; scenes of it that were
    /// given before the fault showed stay given.
    /// </summary>
    /// <param name="fileDone">Told of each file's path after its last scene, also where it cannot be used.</param>
    /// <param name="scenesOfAFile">Decoding of a file ends after so many scenes.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="FfmpegUnavailableException">ffmpeg is missing; the message says what to do.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async IAsyncEnumerable<MediaScene> ReadAsync(Action<string>? fileDone = null, int scenesOfAFile = int.MaxValue, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        unusable.Clear();
        foreach (string file in Files)
        {
            IAsyncEnumerator<Scene>? scenes = await OpenAsync(file, cancellation).ConfigureAwait(false);
            if (scenes is not null)
            {
                await using ConfiguredAsyncDisposable disposal = scenes.ConfigureAwait(false);
                for (int i = 0; i < scenesOfAFile && await MoveNextAsync(file, scenes, cancellation).ConfigureAwait(false); i++)
                    yield return new MediaScene(file, scenes.Current);
            }
            fileDone?.Invoke(file);
        }
    }

    public void Dispose() => decoder.Dispose();

    private Task<IAsyncEnumerator<Scene>?> OpenAsync(string file, CancellationToken cancellation) => OrNoteAsync(file, async () =>
    {
        MediaSource source = await decoder.OpenAsync(file, cancellation).ConfigureAwait(false);
        return (IAsyncEnumerator<Scene>?)decoder.DecodeAsync(source, MediaStreams.All, cancellation).GetAsyncEnumerator(cancellation);
    }, cancellation);

    private Task<bool> MoveNextAsync(string file, IAsyncEnumerator<Scene> scenes, CancellationToken cancellation) =>
        OrNoteAsync(file, () => scenes.MoveNextAsync().AsTask(), cancellation);

    /// <returns>What the work gives; the default (null, false) where the file turned out unusable, which is then noted.</returns>
    private async Task<T?> OrNoteAsync<T>(string file, Func<Task<T>> work, CancellationToken cancellation)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        // After Ctrl-C ffmpeg, which gets the signal too, may be gone first: that is no fault of the file.
        catch (Exception problem) when (problem is MediaException or DecoderKilledException or IOException or UnauthorizedAccessException)
        {
            cancellation.ThrowIfCancellationRequested();
            unusable.Add(new UnusableFile(file, problem.Message));
            return default;
        }
    }

    private static IEnumerable<string> FilesBelow(string folder)
    {
        // Nothing is skipped silently but what is hidden; links to folders may lead in circles.
        EnumerationOptions options = new() { RecurseSubdirectories = true, IgnoreInaccessible = false, AttributesToSkip = FileAttributes.None };
        FileSystemEnumerable<string> files = new(folder, static (ref FileSystemEntry entry) => entry.ToSpecifiedFullPath(), options)
        {
            ShouldIncludePredicate = static (ref FileSystemEntry entry) => !entry.IsDirectory && !IsHidden(ref entry),
            ShouldRecursePredicate = static (ref FileSystemEntry entry) => !IsHidden(ref entry) && !entry.Attributes.HasFlag(FileAttributes.ReparsePoint),
        };
        return files.Order(StringComparer.Ordinal);
    }

    private static bool IsHidden(ref FileSystemEntry entry) => entry.FileName.StartsWith('.');
}

/// <summary>One scene of a file.</summary>
/// <param name="File">The file's path, as it was given or found.</param>
/// <param name="Scene">Its sound and its frame, whichever it has.</param>
internal sealed record MediaScene(string File, Scene Scene);

/// <param name="File">The file's path, as it was given or found.</param>
/// <param name="Reason">Why it cannot be used; a sentence.</param>
internal sealed record UnusableFile(string File, string Reason);
