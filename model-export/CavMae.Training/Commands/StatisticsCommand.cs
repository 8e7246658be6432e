using System.CommandLine;
using System.Globalization;
using CavMae.Retrieval.Media;
using CavMae.Training.Data;
using CavMae.Training.Data.Sets;

namespace CavMae.Training.Commands;

/// <summary><c>statistics</c>: by what a data set's spectrograms are normalised.</summary>
public static class StatisticsCommand
{
    private const int Failed = 1;

    public static Command Create()
    {
        Argument<string> dataset = new("DATASET") { Description = "A data set's list (dataset.json)." };
        Option<int> jobs = CommonOptions.Jobs("Clips read at once");
        Option<string> ffmpeg = CommonOptions.Ffmpeg();
        Command command = new("statistics", "Takes mean and deviation of a data set's log-mel spectrograms, padding included, before they are normalised.") { dataset, jobs, ffmpeg };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            InvocationConfiguration configuration = parsed.InvocationConfiguration;
            var file = DatasetFile.Read(parsed.GetRequiredValue(dataset));
            using MediaDecoder decoder = TrainingDecoder.Create(parsed.GetValue(ffmpeg) ?? "", parsed.GetValue(jobs));
            DatasetStatistics statistics = await ItemProgress.RunAsync(configuration, "clips", file.Entries.Count, report => Task.Run(() => DatasetStatistics.Compute(
                file, decoder, parsed.GetValue(jobs), fault => report(fault is null ? null : $"failed   {fault}"), cancellationToken), cancellationToken)).ConfigureAwait(false);
            return await TellAsync(configuration.Output, statistics).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> TellAsync(TextWriter output, DatasetStatistics statistics)
    {
        if (statistics.Clips > 0)
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"mean {statistics.Mean:0.0000}, deviation {statistics.Deviation:0.0000}, of {statistics.Clips} clips")).ConfigureAwait(false);
        if (statistics.Unreadable.Count > 0)
            await output.WriteLineAsync($"{statistics.Unreadable.Count} clips cannot be read").ConfigureAwait(false);
        return statistics.Unreadable.Count == 0 ? 0 : Failed;
    }
}
