using CavMae.Training.Data.Sets;

namespace CavMae.Training.Data;

/// <summary>What chance decides about a sample of training, before its files are read.</summary>
/// <param name="Frame">Its picture.</param>
/// <param name="Partner">The sample it is mixed with; null: none.</param>
/// <param name="PartnerFrame">That one's picture.</param>
/// <param name="Lambda">The first one's share, 0..1; 1 unmixed.</param>
internal readonly record struct SampleDraw(int Frame, int? Partner, int PartnerFrame, double Lambda)
{
    private const int BetaParameter = 10;

    /// <summary>Keys the random numbers of this choice, and those of the augmentations after it.</summary>
    private const long DrawKey = 0, AugmentationKey = 1;

    public static SampleDraw Make(DatasetSourceOptions options, int count, int index, int epoch, int occurrence)
    {
        if (!options.IsTraining)
            return new SampleDraw(options.EvaluationFrame, null, 0, 1);
        SampleRandom random = Random(options, index, epoch, occurrence, DrawKey);
        int frame = random.NextInt(DatasetEntry.Frames);
        if (random.NextDouble() >= options.Mixup)
            return new SampleDraw(frame, null, 0, 1);
        return new SampleDraw(frame, random.NextInt(count), random.NextInt(DatasetEntry.Frames), random.NextBeta(BetaParameter));
    }

    public static SampleRandom Augmentations(DatasetSourceOptions options, int index, int epoch, int occurrence) =>
        Random(options, index, epoch, occurrence, AugmentationKey);

    private static SampleRandom Random(DatasetSourceOptions options, int index, int epoch, int occurrence, long key) =>
        occurrence == 0 ? new SampleRandom(options.Seed, epoch, index, key) : new SampleRandom(options.Seed, epoch, index, key, occurrence);
}
