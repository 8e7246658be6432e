using CavMae.Model;

namespace CavMae.Training.Engine;

/// <summary>Recipes by name: the paper's three settings (section 4.1), and the model that comes with the service.</summary>
internal static class Recipes
{
    public static IReadOnlyDictionary<string, TrainingOptions> All { get; } = new Dictionary<string, TrainingOptions>(StringComparer.Ordinal)
    {
        ["base"] = new(),
        ["scale+"] = new() { BatchSize = 108, LearningRate = 1e-4 },
        ["scale++"] = new() { BatchSize = 256, LearningRate = 2e-4 },
        ["demo"] = Demo,
    };

    /// <summary>
    /// A small model for synthetic clips, trained on two cores in about an hour: most of the weight on the contrast, both ways,
    /// less of the pictures masked, since they show one small object each, and a quarter of each batch rebuilt, to see more clips in
    /// the time.
    /// </summary>
    private static TrainingOptions Demo => new()
    {
        Model = new CavMaeOptions { EmbedDim = 128, Heads = 4, Depth = 6, ModalityDepth = 5, DecoderEmbedDim = 64, DecoderDepth = 1, DecoderHeads = 4 },
        Objective = new ObjectiveOptions { VisualMaskRatio = 0.5, MaeWeight = 0.1, ReconstructionShare = 0.25, ContrastiveWeight = 1, Bidirectional = true },
        Epochs = 28,
        StopAfterEpoch = 20,
        BatchSize = 64,
        LearningRate = 1e-3,
        Beta1 = 0.9,
        WeightDecay = 0,
        Schedule = new ScheduleOptions { WarmupUpdates = 100, HalveAfterEpochs = [], Cosine = true },
        SaveEvery = 32,
        SyntheticClips = 4096,
        ValidationPairs = 200,
    };

    /// <summary>A recipe by its name, or from a file.</summary>
    /// <exception cref="TrainingException">There is neither.</exception>
    public static TrainingOptions Find(string nameOrPath)
    {
        if (All.TryGetValue(nameOrPath, out TrainingOptions? known))
            return known;
        return File.Exists(nameOrPath)
            ? TrainingOptions.Read(nameOrPath)
            : throw new TrainingException($"'{nameOrPath}' is neither a recipe ({string.Join(", ", All.Keys)}) nor a file.");
    }
}
