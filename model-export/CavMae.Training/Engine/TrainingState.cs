using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using CavMae.Checkpoints;
using CavMae.Model;
using TorchSharp;
using static TorchSharp.torch;

namespace CavMae.Training.Engine;

/// <summary>How far a run is. Every random draw is a function of the seed and of these numbers, so that they are the random state too.</summary>
internal sealed record TrainingPosition
{
    /// <summary>The epoch under way; counts from 0.</summary>
    public int Epoch { get; init; }

    /// <summary>Epochs that were validated and entered into the tables.</summary>
    public int FinishedEpochs { get; init; }

    /// <summary>Batches of the epoch under way that are done.</summary>
    public int Batch { get; init; }

    /// <summary>Batches done in all.</summary>
    public long Step { get; init; }

    /// <summary>Adam's updates.</summary>
    public long Updates { get; init; }

    public double LossScale { get; init; } = 1;

    public int GoodUpdates { get; init; }

    /// <summary>The best validation so far; null before the first.</summary>
    public double? BestScore { get; init; }

    /// <summary>What matrices were multiplied in; the loss scale belongs to it.</summary>
    public string ComputeType { get; init; } = "";

    /// <summary>Which training data; see <see cref="DataIdentity"/>.</summary>
    public string Data { get; init; } = "";

    /// <summary>Which validation data <see cref="BestScore"/> was reached on.</summary>
    public string ValidationData { get; init; } = "";

    /// <summary>Seconds spent training, before this start of the program included.</summary>
    public double Seconds { get; init; }
}

/// <summary>A run's whole state in one safetensors file, replaced atomically: weights, both moments of Adam, position, settings.</summary>
internal static class TrainingState
{
    private const string MeanPrefix = "adam.mean.", SquarePrefix = "adam.square.";
    private const string PositionKey = "position", RecipeKey = "recipe";

    /// <exception cref="TrainingException">It cannot be written; the state saved before stays.</exception>
    public static void Save(string path, CavMaeModel model, Adam adam, TrainingPosition position, TrainingOptions options)
    {
        List<TensorToWrite> moments = [];
        foreach (Adam.Moment moment in adam.Moments)
        {
            moments.Add(CavMaeWeights.ToWrite(MeanPrefix + moment.Name, moment.Mean));
            moments.Add(CavMaeWeights.ToWrite(SquarePrefix + moment.Name, moment.Square));
        }
        Dictionary<string, string> metadata = new()
        {
            [PositionKey] = JsonSerializer.Serialize(position, TrainingJson.Default.TrainingPosition),
            [RecipeKey] = options.ToJson(),
        };
        Writing(path, () => CavMaeWeights.Save(model, path, moments, metadata));
    }

    /// <summary>Says what a failed write means for the run.</summary>
    /// <exception cref="TrainingException">The write failed.</exception>
    public static void Writing(string path, Action write)
    {
        try
        {
            write();
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new TrainingException($"{path} could not be saved: {problem.Message} What was saved before is untouched; make room, then start the same command again to go on from there.", problem);
        }
    }

    /// <summary>Loads weights and moments, and returns the position.</summary>
    /// <exception cref="CheckpointException">The file is damaged or of another model.</exception>
    /// <exception cref="TrainingException">It is no training state.</exception>
    public static TrainingPosition Load(string path, CavMaeModel model, Adam adam)
    {
        TrainingPosition position = ReadPosition(path);
        using Checkpoint checkpoint = Checkpoint.Open(path);
        CavMaeWeights.Load(model, checkpoint, IsMoment);
        using DisposeScope scope = NewDisposeScope();
        using var noGradient = no_grad();
        foreach (Adam.Moment moment in adam.Moments)
        {
            moment.Mean.copy_(tensor(checkpoint.ReadFloats(MeanPrefix + moment.Name), moment.Mean.shape));
            moment.Square.copy_(tensor(checkpoint.ReadFloats(SquarePrefix + moment.Name), moment.Square.shape));
        }
        adam.Updates = position.Updates;
        return position;
    }

    /// <summary>The settings a saved run was started with.</summary>
    /// <exception cref="TrainingException">It is no training state.</exception>
    public static TrainingOptions ReadOptions(string path) => Read(path, RecipeKey, TrainingJson.Default.TrainingOptions);

    private static TrainingPosition ReadPosition(string path) => Read(path, PositionKey, TrainingJson.Default.TrainingPosition);

    private static T Read<T>(string path, string key, JsonTypeInfo<T> type)
    {
        using SafeTensors file = SafeTensors.Open(path);
        try
        {
            return JsonSerializer.Deserialize(file.Metadata.GetValueOrDefault(key) ?? "null", type) ?? throw new JsonException($"there is no {key}");
        }
        catch (JsonException problem)
        {
            throw new TrainingException($"{path} is not the state of a training run of this version: {problem.Message}.", problem);
        }
    }

    private static bool IsMoment(string name) => name.StartsWith(MeanPrefix, StringComparison.Ordinal) || name.StartsWith(SquarePrefix, StringComparison.Ordinal);
}
