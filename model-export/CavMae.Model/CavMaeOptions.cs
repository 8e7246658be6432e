namespace CavMae.Model;

/// <summary>
/// Sizes of a CAV-MAE (arXiv 2210.07839, section 4.1); the defaults are the paper's ViT-B. Every split of
/// <see cref="Depth"/> between the modalities' own blocks and the shared ones is valid, 0 + 12 included (the vanilla AV-MAE).
/// </summary>
public sealed record CavMaeOptions
{
    /// <summary>Side of a square patch of spectrogram and picture alike.</summary>
    public const int PatchSize = 16;

    /// <summary>Mel bands of 16 bins: rows of the spectrogram's grid.</summary>
    public const int AudioRows = 8;

    /// <summary>Time steps of 16 frames: columns of the spectrogram's grid.</summary>
    public const int AudioColumns = 64;

    public const int AudioTokens = AudioRows * AudioColumns;

    /// <summary>Rows and columns of the picture's grid.</summary>
    public const int VisualSide = 14;

    public const int VisualTokens = VisualSide * VisualSide;

    /// <summary>Numbers in a spectrogram's patch.</summary>
    public const int AudioPatchLength = PatchSize * PatchSize;

    /// <summary>Numbers in a picture's patch: three colours.</summary>
    public const int VisualPatchLength = 3 * PatchSize * PatchSize;

    /// <summary>Width of a token; a multiple of 4 (sine and cosine of rows and of columns) and of <see cref="Heads"/>.</summary>
    public int EmbedDim { get; init; } = 768;

    public int Heads { get; init; } = 12;

    /// <summary>Blocks that a token passes: its modality's own, then the shared ones.</summary>
    public int Depth { get; init; } = 12;

    /// <summary>Blocks of each modality's own; 0 … <see cref="Depth"/>.</summary>
    public int ModalityDepth { get; init; } = 11;

    /// <summary>Hidden width of an MLP over the block's width.</summary>
    public int MlpRatio { get; init; } = 4;

    /// <summary>Width of the decoder; a multiple of 4 and of <see cref="DecoderHeads"/>.</summary>
    public int DecoderEmbedDim { get; init; } = 512;

    public int DecoderDepth { get; init; } = 8;

    public int DecoderHeads { get; init; } = 16;

    /// <summary>Train the position tables (of encoder and decoder) instead of keeping sines and cosines.</summary>
    public bool TrainablePositions { get; init; }

    public int SharedDepth => Depth - ModalityDepth;

    /// <summary>Refuses sizes that do not make a model, naming the value and its range.</summary>
    /// <exception cref="ArgumentException">A size is out of its range.</exception>
    public void Validate()
    {
        CheckWidth(EmbedDim, Heads, nameof(EmbedDim), nameof(Heads));
        CheckWidth(DecoderEmbedDim, DecoderHeads, nameof(DecoderEmbedDim), nameof(DecoderHeads));
        Check(Depth is >= 1 and <= 99, $"{nameof(Depth)} is {Depth}; it lies between 1 and 99.");
        Check(ModalityDepth >= 0 && ModalityDepth <= Depth, $"{nameof(ModalityDepth)} is {ModalityDepth}; it lies between 0 and {nameof(Depth)} ({Depth}).");
        Check(DecoderDepth is >= 0 and <= 99, $"{nameof(DecoderDepth)} is {DecoderDepth}; it lies between 0 and 99.");
        Check(MlpRatio is >= 1 and <= 64, $"{nameof(MlpRatio)} is {MlpRatio}; it lies between 1 and 64.");
    }

    private static void CheckWidth(int width, int heads, string widthName, string headsName)
    {
        Check(width is >= 4 and <= 65536 && width % 4 == 0, $"{widthName} is {width}; it is a multiple of 4 up to 65536.");
        Check(heads >= 1 && width % heads == 0, $"{headsName} is {heads}; it divides {widthName} ({width}).");
    }

    private static void Check(bool holds, string message)
    {
        if (!holds)
            throw new ArgumentException(message);
    }
}

/// <summary>What is trained for (section 3): how much is masked, and how the losses are weighed. The defaults are the paper's CAV-MAE.</summary>
public sealed record ObjectiveOptions
{
    /// <summary>Share of the spectrogram's patches that the encoder does not see; 0 ≤ ratio &lt; 1.</summary>
    public double AudioMaskRatio { get; init; } = 0.75;

    /// <summary>Share of the picture's patches that the encoder does not see; 0 ≤ ratio &lt; 1.</summary>
    public double VisualMaskRatio { get; init; } = 0.75;

    public AudioMasking AudioMasking { get; init; } = AudioMasking.Unstructured;

    /// <summary>Weight of the reconstruction losses; 0 leaves the decoder out (CAV: contrastive only).</summary>
    public double MaeWeight { get; init; } = 1;

    /// <summary>
    /// Share of each batch's pairs, its first ones, that are fused and rebuilt; above 0, at most 1. The paper rebuilds all of them.
    /// Less is faster (rebuilding costs about as much as everything else in a small model) and makes that loss noisier.
    /// </summary>
    public double ReconstructionShare { get; init; } = 1;

    /// <summary>Weight of the contrastive loss; 0 leaves it out (AV-MAE: masked only).</summary>
    public double ContrastiveWeight { get; init; } = 0.01;

    /// <summary>Contrast both ways, sound → pictures and pictures → sound, instead of the first alone.</summary>
    public bool Bidirectional { get; init; }

    /// <summary>Normalise each target patch by its own mean and deviation (norm_pix_loss). Inpainting needs weights trained without.</summary>
    public bool NormalizeTargets { get; init; } = true;

    /// <summary>Divides the cosines of the contrastive loss.</summary>
    public double Temperature { get; init; } = 0.05;

    /// <summary>Refuses settings that cannot be trained, naming the value and its range.</summary>
    /// <exception cref="ArgumentException">A value is out of its range.</exception>
    public void Validate()
    {
        (string Name, double Ratio, int Tokens)[] maskings =
        [
            (nameof(AudioMaskRatio), AudioMaskRatio, CavMaeOptions.AudioTokens),
            (nameof(VisualMaskRatio), VisualMaskRatio, CavMaeOptions.VisualTokens),
        ];
        foreach ((string name, double ratio, int tokens) in maskings)
        {
            if (ratio is not (>= 0 and < 1))
                throw new ArgumentException($"{name} is {ratio}; it is at least 0 and less than 1.");
            if (Masking.KeptCount(tokens, ratio) == 0)
                throw new ArgumentException($"{name} is {ratio}, which leaves none of {tokens} patches to be seen.");
            if (ratio == 0 && MaeWeight != 0)
                throw new ArgumentException($"{name} is 0, so nothing is hidden to be rebuilt: mask some patches, or set {nameof(MaeWeight)} to 0.");
        }
        if (MaeWeight is not (>= 0 and <= 1e6) || ContrastiveWeight is not (>= 0 and <= 1e6) || MaeWeight + ContrastiveWeight == 0)
            throw new ArgumentException($"{nameof(MaeWeight)} is {MaeWeight}, {nameof(ContrastiveWeight)} {ContrastiveWeight}; neither is negative and one is positive.");
        if (ReconstructionShare is not (> 0 and <= 1))
            throw new ArgumentException($"{nameof(ReconstructionShare)} is {ReconstructionShare}; it is above 0, at most 1.");
        if (Temperature is not (> 0 and <= 100))
            throw new ArgumentException($"{nameof(Temperature)} is {Temperature}; it is positive, at most 100.");
    }
}

/// <summary>Which patches of a spectrogram are masked together (section 4.1; the paper's ablation of masking strategies).</summary>
public enum AudioMasking
{
    /// <summary>Single patches.</summary>
    Unstructured,

    /// <summary>Whole time steps.</summary>
    Time,

    /// <summary>Whole mel bands.</summary>
    Frequency,

    /// <summary>Time steps and mel bands, 0.7 of the ratio each.</summary>
    TimeFrequency,
}
