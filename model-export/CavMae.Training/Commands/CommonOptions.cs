using System.CommandLine;

namespace CavMae.Training.Commands;

/// <summary>Options that several commands of the data side have.</summary>
internal static class CommonOptions
{
    private const int MaxJobs = 256;

    public static Option<int> Jobs(string what)
    {
        Option<int> jobs = new("--jobs") { Description = $"{what}, 1 to {MaxJobs}.", DefaultValueFactory = _ => Math.Min(MaxJobs, Environment.ProcessorCount), HelpName = "N" };
        jobs.Validators.Add(result =>
        {
            if (result.GetValue(jobs) is var value and (< 1 or > MaxJobs))
                result.AddError($"--jobs is 1 to {MaxJobs}, not {value}.");
        });
        return jobs;
    }

    public static Option<string> Ffmpeg() =>
        new("--ffmpeg") { Description = "Folder of ffmpeg and ffprobe [default: as the system finds them].", DefaultValueFactory = _ => "", HelpName = "DIR" };
}
