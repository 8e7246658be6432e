using System.CommandLine;
using CavMae.Retrieval.Media;
using CavMae.Training.Data;
using CavMae.Training.Data.Preparing;
using CavMae.Training.Data.Sets;

namespace CavMae.Training.Commands;

/// <summary><c>prepare</c>: videos into a data set to train on.</summary>
public static class PrepareCommand
{
    private const int Failed = 1;

    public static Command Create()
    {
        Argument<string[]> paths = new("PATH") { Description = "Videos, and folders with all videos below them.", Arity = ArgumentArity.ZeroOrMore };
        Option<string?> list = new("--list") { Description = "A text file with one such path a line; relative ones start from where the command runs.", HelpName = "FILE" };
        Option<string> folder = new("--out") { Description = "The data set's folder; clips that are there stay in it, and are made again only where their video has changed.", Required = true, HelpName = "DIR" };
        Option<string?> labels = new("--labels") { Description = "CSV with the header file,labels: a video's path below its folder, and its labels' identifiers with commas between.", HelpName = "CSV" };
        Option<int> jobs = CommonOptions.Jobs("Videos decoded at once");
        Option<string> ffmpeg = CommonOptions.Ffmpeg();
        Command command = new("prepare", "Makes a data set of videos: of the first 10 s of each the sound (16 kHz mono WAV) and ten pictures (JPEG, 224 × 224), and dataset.json.")
        {
            paths, list, folder, labels, jobs, ffmpeg,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            InvocationConfiguration configuration = parsed.InvocationConfiguration;
            try
            {
                string[] all = [.. parsed.GetValue(paths) ?? [], .. ReadList(parsed.GetValue(list))];
                FileLabels known = parsed.GetValue(labels) is { } csv ? FileLabels.Read(csv) : FileLabels.None;
                using MediaDecoder decoder = TrainingDecoder.Create(parsed.GetValue(ffmpeg) ?? "", parsed.GetValue(jobs));
                return await RunAsync(configuration, all, new PreparedFolder(parsed.GetRequiredValue(folder)), known, decoder, parsed.GetValue(jobs), cancellationToken).ConfigureAwait(false);
            }
            catch (FfmpegUnavailableException missing)
            {
                throw new DatasetException(missing.Message, missing);
            }
        });
        return command;
    }

    private static async Task<int> RunAsync(
        InvocationConfiguration configuration, string[] paths, PreparedFolder folder, FileLabels labels, MediaDecoder decoder, int jobs, CancellationToken cancellationToken)
    {
        IReadOnlyList<VideoFile> videos = VideoFiles.Find(paths);
        if (videos.Count == 0)
            throw new DatasetException(paths.Length == 0 ? "Name videos, folders of videos, or a --list of them." : $"There are no videos in {string.Join(", ", paths)}.");
        foreach (string unknown in labels.Names.Except(videos.Select(video => video.Name), StringComparer.Ordinal))
            await configuration.Error.WriteLineAsync($"no video: '{unknown}' has labels, but is not among the videos").ConfigureAwait(false);
        await decoder.GetVersionAsync(cancellationToken).ConfigureAwait(false);
        DatasetPreparer preparer = new(folder, decoder);
        IReadOnlyList<PreparedVideo> results = await ItemProgress.RunAsync(configuration, "videos", videos.Count, report => preparer.RunAsync(
            videos, labels, jobs, video => report(video.Fault is null ? null : $"failed   {video.File.Path}: {video.Fault}"), cancellationToken)).ConfigureAwait(false);

        int Count(PreparedState state) => results.Count(result => result.State == state);
        int failed = Count(PreparedState.Failed);
        await configuration.Output.WriteLineAsync($"{Count(PreparedState.Prepared)} prepared, {Count(PreparedState.Present)} already there, {failed} failed").ConfigureAwait(false);
        await configuration.Output.WriteLineAsync(failed == results.Count ? "Nothing of this can be trained on: no list was written." : folder.DatasetPath).ConfigureAwait(false);
        return failed == 0 ? 0 : Failed;
    }

    private static string[] ReadList(string? list) =>
        list is null ? [] : [.. File.ReadLines(list).Select(line => line.Trim()).Where(line => line.Length > 0)];
}
