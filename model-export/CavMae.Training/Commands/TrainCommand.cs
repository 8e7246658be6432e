using System.CommandLine;
using System.Globalization;
using CavMae.Checkpoints;
using CavMae.Model;
using CavMae.Retrieval.Search;
using CavMae.Synthetic;
using CavMae.Training.Data;
using CavMae.Training.Data.Sets;
using CavMae.Training.Engine;
using static TorchSharp.torch;

namespace CavMae.Training.Commands;

/// <summary><c>cavmae-train train</c>: starts a run, or goes on with it.</summary>
internal static class TrainCommand
{
    private const string SyntheticData = "synthetic";

    /// <summary>Held-out clips to validate with; seed 1 is kept for the final evaluation.</summary>
    private const int ValidationSeed = 2;

    private static readonly Option<string> DataOption = new("--data") { Description = "Training data: a dataset JSON, or 'synthetic'.", Required = true, HelpName = "FILE" };
    private static readonly Option<string?> ValidationOption = new("--validation") { Description = "Data to rank after each epoch: a dataset JSON, or 'synthetic' (held-out clips).", HelpName = "FILE" };
    private static readonly Option<string?> LabelsOption = new("--labels") { Description = "Label CSV (index,mid,display_name), for balancedSampling.", HelpName = "FILE" };
    private static readonly Option<DirectoryInfo> OutOption = new("--out") { Description = "The run's folder; a run that is there goes on.", Required = true, HelpName = "DIR" };
    private static readonly Option<string> RecipeOption = new("--recipe") { Description = $"Settings: {string.Join(", ", Recipes.All.Keys)}, or a JSON file (see 'recipe').", DefaultValueFactory = _ => "base", HelpName = "NAME|FILE" };
    private static readonly Option<string?> ObjectiveOption = new("--objective") { Description = "cav-mae (both losses, as the recipe weighs them), contrastive (CAV: nothing masked) or masked (AV-MAE).", HelpName = "NAME" };
    private static readonly Option<int?> EpochsOption = new("--epochs") { Description = "Instead of the recipe's; 0 saves and ranks the initial weights.", HelpName = "N" };
    private static readonly Option<int?> BatchOption = new("--batch-size") { Description = "Instead of the recipe's.", HelpName = "N" };
    private static readonly Option<double?> RateOption = new("--learning-rate") { Description = "Instead of the recipe's.", HelpName = "X" };
    private static readonly Option<int?> SeedOption = new("--seed") { Description = "Instead of the recipe's.", HelpName = "N" };
    private static readonly Option<int?> WorkersOption = new("--workers") { Description = "Threads that read samples ahead.", HelpName = "N" };
    private static readonly Option<int?> ThreadsOption = new("--threads") { Description = "Threads that compute [default: all cores].", HelpName = "N" };
    private static readonly Option<double?> MinutesOption = new("--max-minutes") { Description = "Stop after so many minutes of training, in all.", HelpName = "N" };
    private static readonly Option<string> DeviceOption = new("--device") { Description = "auto (CUDA where it is there), cpu or cuda.", DefaultValueFactory = _ => "auto", HelpName = "NAME" };
    private static readonly Option<FileInfo?> StartOption = new("--start") { Description = "CAV-MAE checkpoint to start from.", HelpName = "FILE" };
    private static readonly Option<FileInfo?> ImageNetOption = new("--imagenet") { Description = "Image MAE checkpoint (ViT) to start from, as the paper does.", HelpName = "FILE" };

    public static Command Create()
    {
        Command command = new("train", "Trains a model. One device; several GPUs are not supported.")
        {
            DataOption, ValidationOption, LabelsOption, OutOption, RecipeOption, ObjectiveOption, EpochsOption, BatchOption, RateOption, SeedOption,
            WorkersOption, ThreadsOption, MinutesOption, DeviceOption, StartOption, ImageNetOption,
        };
        ObjectiveOption.AcceptOnlyFromAmong("cav-mae", "contrastive", "masked");
        DeviceOption.AcceptOnlyFromAmong("auto", "cpu", "cuda");
        command.Validators.Add(result =>
        {
            if (result.GetValue(ThreadsOption) is int threads && threads is < 1 or > 1024)
                result.AddError($"--threads is {threads}; it is 1 to 1024.");
            if (result.GetValue(MinutesOption) is double minutes && !(minutes is > 0 and <= 1e6))
                result.AddError($"--max-minutes is {minutes}; it is above 0, at most 1000000.");
            if (result.GetValue(StartOption) is not null && result.GetValue(ImageNetOption) is not null)
                result.AddError("--start and --imagenet exclude each other: give one of them.");
        });
        command.SetAction((parsed, cancellation) => Task.Run(() => Run(parsed, cancellation), cancellation));
        return command;
    }

    private static void Run(ParseResult parsed, CancellationToken cancellation)
    {
        TrainingOptions options = Options(parsed);
        options.Validate();
        Device device = DeviceOf(parsed.GetRequiredValue(DeviceOption));
        if (parsed.GetValue(ThreadsOption) is int threads)
            set_num_threads(threads);
        ISampleSource source = Source(parsed, parsed.GetRequiredValue(DataOption), options, isTraining: true);
        ISampleSource? validation = parsed.GetValue(ValidationOption) is string path ? Source(parsed, path, options, isTraining: false) : null;
        try
        {
            Train(parsed, options, source, validation, device, cancellation);
        }
        finally
        {
            (source as IDisposable)?.Dispose();
            (validation as IDisposable)?.Dispose();
        }
    }

    private static void Train(ParseResult parsed, TrainingOptions options, ISampleSource source, ISampleSource? validation, Device device, CancellationToken cancellation)
    {
        TextWriter output = parsed.InvocationConfiguration.Output;
        random.manual_seed(options.Seed);
        using CavMaeModel model = new(options.Model);
        LoadStart(parsed, model, output);
        using RunFolder folder = new(parsed.GetRequiredValue(OutOption).FullName);
        ProgressLines lines = new(output, options.Epochs);
        TrainingListener listener = new(lines.Step, (epoch, report) => output.WriteLine(EpochLine(epoch, report)), parsed.InvocationConfiguration.Error.WriteLine);
        using Trainer trainer = new(options, folder, model, source, validation, device, listener);
        TrainingState.Writing(folder.Recipe, () => File.WriteAllText(folder.Recipe, options.ToJson()));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{(trainer.Position.Step == 0 ? "Training" : $"Going on at epoch {trainer.Position.Epoch + 1}, batch {trainer.Position.Batch + 1}:")} {model.parameters().Sum(parameter => parameter.numel()) / 1e6:0.0} M parameters on {device.type}, {options.Epochs} epochs of {trainer.BatchesPerEpoch} batches of {options.BatchSize}, into {folder.Path}"));
        TimeSpan? budget = parsed.GetValue(MinutesOption) is double minutes ? TimeSpan.FromMinutes(minutes) : null;
        TrainingResult result = trainer.Run(budget, cancellation);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{(result.TimeIsUp ? "Stopped: the time is up" : "Done")} after {result.Position.Step} steps and {TimeSpan.FromSeconds(Math.Round(result.Position.Seconds)):g}; {result.WaitingShare:0.0 %} of the time was spent waiting for data. The best weights are in {folder.Best}"));
    }

    private static string EpochLine(int epoch, ValidationReport report) => string.Create(CultureInfo.InvariantCulture,
        $"epoch {epoch}: sound to pictures {Text(report.AudioToVisual)}; pictures to sound {Text(report.VisualToAudio)}; loss {report.Loss:0.0000}");

    private static TrainingOptions Options(ParseResult parsed)
    {
        TrainingOptions recipe = Recipes.Find(parsed.GetRequiredValue(RecipeOption));
        return recipe with
        {
            Objective = parsed.GetValue(ObjectiveOption) switch
            {
                "contrastive" => recipe.Objective with { MaeWeight = 0, AudioMaskRatio = 0, VisualMaskRatio = 0, ContrastiveWeight = 1 },
                "masked" => recipe.Objective with { ContrastiveWeight = 0, MaeWeight = 1, ReconstructionShare = 1 },
                _ => recipe.Objective,
            },
            Epochs = parsed.GetValue(EpochsOption) ?? recipe.Epochs,
            StopAfterEpoch = parsed.GetValue(EpochsOption) is null ? recipe.StopAfterEpoch : 0,
            BatchSize = parsed.GetValue(BatchOption) ?? recipe.BatchSize,
            LearningRate = parsed.GetValue(RateOption) ?? recipe.LearningRate,
            Seed = parsed.GetValue(SeedOption) ?? recipe.Seed,
            Workers = parsed.GetValue(WorkersOption) ?? recipe.Workers,
        };
    }

    private static ISampleSource Source(ParseResult parsed, string data, TrainingOptions options, bool isTraining)
    {
        if (data != SyntheticData)
            return DatasetSourceOf(data, options, isTraining, parsed.GetValue(LabelsOption));
        return isTraining
            ? new SyntheticSource(SyntheticSplit.Training, options.Seed, options.SyntheticClips, isTraining: true, options.Noise)
            : new SyntheticSource(SyntheticSplit.HeldOut, ValidationSeed, Math.Max(2, options.ValidationPairs), isTraining: false);
    }

    private static DatasetSource DatasetSourceOf(string path, TrainingOptions options, bool isTraining, string? labels)
    {
        DatasetFile file = DatasetFile.Read(path);
        file.RequireFiles();
        return new DatasetSource(
            file,
            new DatasetSourceOptions
            {
                IsTraining = isTraining,
                Seed = options.Seed,
                Noise = options.Noise,
                Mixup = options.Mixup,
                FrequencyMask = options.FrequencyMask,
                TimeMask = options.TimeMask,
            },
            labels is null ? null : LabelTable.Read(labels));
    }

    private static void LoadStart(ParseResult parsed, CavMaeModel model, TextWriter output)
    {
        if (parsed.GetValue(StartOption) is FileInfo start)
        {
            using Checkpoint checkpoint = Checkpoint.Open(start.FullName);
            CavMaeWeights.Load(model, checkpoint);
        }
        else if (parsed.GetValue(ImageNetOption) is FileInfo imageNet)
        {
            using Checkpoint checkpoint = Checkpoint.Open(imageNet.FullName);
            output.WriteLine($"Started from {imageNet.Name}; these keep their initial values: {string.Join(", ", ImageNetStart.Load(model, checkpoint))}");
        }
    }

    private static Device DeviceOf(string name)
    {
        bool hasCuda = name != "cpu" && cuda.is_available();
        if (name == "cuda" && !hasCuda)
            throw new TrainingException("There is no CUDA device, or this build has libtorch for the CPU only (see the README on GPUs).");
        return hasCuda ? CUDA : CPU;
    }

    private static string Text(RecallReport report) => string.Create(CultureInfo.InvariantCulture,
        $"R@1 {report.RecallAt1:0.0 %}, R@5 {report.RecallAt5:0.0 %}, R@10 {report.RecallAt10:0.0 %}, MedR {report.MedianRank:0.#} of {report.Candidates}");
}
