using System.Text.Json;
using System.Text.Json.Serialization;
using CavMae.Model;

namespace CavMae.Training.Engine;

/// <summary>
/// A training run: sizes, objective, recipe. The defaults are the paper's "base" setting (batch 48, 25 epochs, halved after
/// epochs 10, 15 and 20). A recipe file is this record as JSON (camelCase); unknown names in it are refused.
/// </summary>
public sealed record TrainingOptions
{
    public CavMaeOptions Model { get; init; } = new();

    public ObjectiveOptions Objective { get; init; } = new();

    /// <summary>Passes through the data; 0 saves and ranks the initial weights.</summary>
    public int Epochs { get; init; } = 25;

    /// <summary>End the run after this epoch, with the schedule laid out for all of <see cref="Epochs"/>; 0: after the last.</summary>
    public int StopAfterEpoch { get; init; }

    /// <summary>Pairs that are passed, and contrasted, at once.</summary>
    public int BatchSize { get; init; } = 48;

    /// <summary>Batches whose gradients are averaged for one update. It adds no negatives to the contrastive loss.</summary>
    public int Accumulation { get; init; } = 1;

    public double LearningRate { get; init; } = 5e-5;

    public double Beta1 { get; init; } = 0.95;

    public double Beta2 { get; init; } = 0.999;

    /// <summary>L2 penalty that is added to the gradient (Adam, not AdamW).</summary>
    public double WeightDecay { get; init; } = 5e-7;

    public ScheduleOptions Schedule { get; init; } = new();

    /// <summary>Decides the initial weights, the order of the samples, their augmentation, and the masks.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>What matrices are multiplied in.</summary>
    public ComputePrecision Precision { get; init; } = ComputePrecision.Auto;

    /// <summary>Threads that read samples ahead; 0: half of the processors.</summary>
    public int Workers { get; init; }

    /// <summary>Batches that are read ahead.</summary>
    public int BatchesAhead { get; init; } = 4;

    /// <summary>Share of unreadable samples of an epoch above which the run stops.</summary>
    public double MaxUnreadableShare { get; init; } = 0.02;

    /// <summary>Add noise to training spectrograms and roll them in time, as the published recipe does (synthetic clips are not rolled: when they sound tells where they are).</summary>
    public bool Noise { get; init; } = true;

    /// <summary>Share of training samples that are mixed with another one (not of synthetic clips).</summary>
    public double Mixup { get; init; }

    /// <summary>Most mel bins that SpecAugment blanks (not of synthetic clips).</summary>
    public int FrequencyMask { get; init; }

    /// <summary>Most frames that SpecAugment blanks (not of synthetic clips).</summary>
    public int TimeMask { get; init; }

    /// <summary>Draw samples of rare labels more often; needs a label table.</summary>
    public bool BalancedSampling { get; init; }

    /// <summary>Also save the state every so many batches; 0: at the end of each epoch only.</summary>
    public int SaveEvery { get; init; }

    /// <summary>Clips of the synthetic stream that count as one epoch.</summary>
    public int SyntheticClips { get; init; } = 4096;

    /// <summary>Pairs that are ranked after each epoch; 0: all of the validation set.</summary>
    public int ValidationPairs { get; init; } = 500;

    /// <summary>Reads a recipe.</summary>
    /// <exception cref="TrainingException">The file is no recipe; the message says where.</exception>
    public static TrainingOptions Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(path), TrainingJson.Default.TrainingOptions)
                ?? throw new TrainingException($"{path} holds no recipe.");
        }
        catch (JsonException problem)
        {
            throw new TrainingException($"{path} is no recipe: {problem.Message}", problem);
        }
    }

    public string ToJson() => JsonSerializer.Serialize(this, TrainingJson.Default.TrainingOptions);

    /// <summary>Refuses settings that cannot be trained with, naming key, value and range.</summary>
    /// <exception cref="TrainingException">A value is out of its range.</exception>
    public void Validate()
    {
        try
        {
            Model.Validate();
            Objective.Validate();
        }
        catch (ArgumentException problem)
        {
            throw new TrainingException(problem.Message, problem);
        }
        Check(Epochs is >= 0 and <= 100_000, nameof(Epochs), Epochs, "0 to 100000");
        Check(StopAfterEpoch >= 0 && StopAfterEpoch <= Epochs, nameof(StopAfterEpoch), StopAfterEpoch, $"0 to Epochs ({Epochs})");
        Check(BatchSize is >= 1 and <= 65_536, nameof(BatchSize), BatchSize, "1 to 65536");
        Check(BatchSize >= 2 || Objective.ContrastiveWeight == 0, nameof(BatchSize), BatchSize, "at least 2 where sounds and pictures are contrasted");
        Check(Enum.IsDefined(Precision), nameof(Precision), Precision, string.Join(", ", Enum.GetNames<ComputePrecision>()));
        Check(Enum.IsDefined(Objective.AudioMasking), nameof(Objective.AudioMasking), Objective.AudioMasking, string.Join(", ", Enum.GetNames<AudioMasking>()));
        Check(Accumulation is >= 1 and <= 65_536, nameof(Accumulation), Accumulation, "1 to 65536");
        Check(LearningRate is > 0 and <= 1, nameof(LearningRate), LearningRate, "above 0, at most 1");
        Check(Beta1 is >= 0 and < 1, nameof(Beta1), Beta1, "at least 0, below 1");
        Check(Beta2 is >= 0 and < 1, nameof(Beta2), Beta2, "at least 0, below 1");
        Check(WeightDecay is >= 0 and <= 1, nameof(WeightDecay), WeightDecay, "0 to 1");
        Check(Workers is >= 0 and <= 256, nameof(Workers), Workers, "0 to 256");
        Check(BatchesAhead is >= 1 and <= 256, nameof(BatchesAhead), BatchesAhead, "1 to 256");
        Check(MaxUnreadableShare is >= 0 and <= 1, nameof(MaxUnreadableShare), MaxUnreadableShare, "0 to 1");
        Check(Mixup is >= 0 and <= 1, nameof(Mixup), Mixup, "0 to 1");
        Check(FrequencyMask is >= 0 and <= 128, nameof(FrequencyMask), FrequencyMask, "0 to 128");
        Check(TimeMask is >= 0 and <= 1024, nameof(TimeMask), TimeMask, "0 to 1024");
        Check(SaveEvery >= 0, nameof(SaveEvery), SaveEvery, "0 or more");
        Check(SyntheticClips >= BatchSize, nameof(SyntheticClips), SyntheticClips, $"at least one batch ({BatchSize})");
        Check(ValidationPairs >= 0, nameof(ValidationPairs), ValidationPairs, "0 or more");
        Schedule.Validate();
    }

    internal static void Check(bool holds, string key, object value, string range)
    {
        if (!holds)
            throw new TrainingException($"{key} is {value}; it is {range}.");
    }
}

/// <summary>What matrices are multiplied in; sums, norms and weights are float32 throughout.</summary>
#pragma warning disable CA1720 // These are the names every tensor library uses.
public enum ComputePrecision
{
    /// <summary>float16 with loss scaling on CUDA, float32 on the CPU.</summary>
    Auto,
    Float32,

    /// <summary>With loss scaling; CUDA only.</summary>
    Float16,

    /// <summary>Needs no loss scaling.</summary>
    BFloat16,
}
#pragma warning restore CA1720

/// <summary>A run cannot start or go on; the message says why and what to do.</summary>
public sealed class TrainingException : Exception
{
    public TrainingException(string message) : base(message) { }

    public TrainingException(string message, Exception innerException) : base(message, innerException) { }

    public TrainingException() { }
}

[JsonSerializable(typeof(TrainingOptions))]
[JsonSerializable(typeof(TrainingPosition))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, UseStringEnumConverter = true, RespectNullableAnnotations = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, ReadCommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true)]
internal sealed partial class TrainingJson : JsonSerializerContext;
