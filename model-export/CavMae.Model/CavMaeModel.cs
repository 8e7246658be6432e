using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace CavMae.Model;

/// <summary>Noise that decides which patches are masked: [batch, 512] and [batch, 196], uniform in [0, 1).</summary>
public sealed record MaskingNoise(Tensor Audio, Tensor Visual)
{
    /// <summary>The noise of one step; the same seed gives the same noise.</summary>
    public static MaskingNoise Create(int batch, ObjectiveOptions objective, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(objective);
        using Generator generator = new(seed);
        Tensor audio = rand(batch, CavMaeOptions.AudioTokens, generator: generator);
        Tensor visual = rand(batch, CavMaeOptions.VisualTokens, generator: generator);
        Masking.AddStructure(audio, objective.AudioMasking, objective.AudioMaskRatio, new Random(unchecked((int)(seed ^ (seed >> 32)))));
        return new MaskingNoise(audio, visual);
    }
}

/// <summary>What the encoder gives in training; streams that no loss needs are null.</summary>
/// <param name="Latent">Both modalities fused: [rebuilt pairs, kept audio + kept visual, width].</param>
/// <param name="Audio">Sound alone: [batch, kept audio, width].</param>
/// <param name="Visual">Pictures alone: [batch, kept visual, width].</param>
/// <param name="AudioTokens">How the sound was masked.</param>
/// <param name="VisualTokens">How the pictures were masked.</param>
public sealed record EncoderOutput(Tensor? Latent, Tensor? Audio, Tensor? Visual, MaskedTokens AudioTokens, MaskedTokens VisualTokens);

/// <summary>The losses of one batch (scalars); what has no weight is null.</summary>
public sealed record TrainingLosses(Tensor Total, Tensor? AudioMae, Tensor? VisualMae, Tensor? Contrastive, Tensor? ContrastiveAccuracy);

/// <summary>A batch with its masked patches drawn back by the decoder.</summary>
/// <param name="Spectrogram">[batch, 1024, 128], normalised as the input.</param>
/// <param name="Picture">[batch, 3, 224, 224], normalised as the input.</param>
/// <param name="AudioMask">[batch, 512], 1 where a patch was drawn.</param>
/// <param name="VisualMask">[batch, 196], 1 where a patch was drawn.</param>
public sealed record Inpainting(Tensor Spectrogram, Tensor Picture, Tensor AudioMask, Tensor VisualMask);

/// <summary>
/// CAV-MAE: Contrastive Audio-Visual Masked Autoencoder (Gong et al., ICLR 2023, arXiv 2210.07839), whole: encoder, decoder and
/// losses. Inputs everywhere: <c>audio</c> [batch, 1024 frames, 128 mel bins] and <c>visual</c> [batch, 3, 224, 224], normalised.
/// Parameters carry the published names. Not thread-safe.
/// </summary>
/// <remarks>
/// A branch's own blocks use their plain norms, the shared blocks the pair of the stream that passes. With several shared blocks
/// they are chained in training as they are in retrieval; the published training code lets only the last of them count on the
/// single-modality streams, which is the same for the usual one shared block.
/// </remarks>
public sealed class CavMaeModel : nn.Module
{
#pragma warning disable IDE1006 // Fields are named as the checkpoints name their tensors.
    private readonly PatchEmbedding patch_embed_a, patch_embed_v;
    private readonly Parameter modality_a, modality_v, pos_embed_a, pos_embed_v;
    private readonly ModuleList<Block> blocks_a, blocks_v, blocks_u;
    private readonly LayerNorm norm_a, norm_v, norm;

    private readonly Linear decoder_embed, decoder_pred_a, decoder_pred_v;
    private readonly Parameter mask_token, decoder_modality_a, decoder_modality_v, decoder_pos_embed_a, decoder_pos_embed_v;
    private readonly ModuleList<Block> decoder_blocks;
    private readonly LayerNorm decoder_norm;
#pragma warning restore IDE1006

    /// <summary>A model of initial values, drawn from torch's global generator.</summary>
    /// <exception cref="ArgumentException">A size is out of its range.</exception>
    public CavMaeModel(CavMaeOptions options) : base(nameof(CavMaeModel))
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        Options = options;
        int width = options.EmbedDim, decoderWidth = options.DecoderEmbedDim;

        patch_embed_a = new PatchEmbedding(channels: 1, width);
        patch_embed_v = new PatchEmbedding(channels: 3, width);
        modality_a = Vector(width);
        modality_v = Vector(width);
        pos_embed_a = Table(width, CavMaeOptions.AudioRows, CavMaeOptions.AudioColumns);
        pos_embed_v = Table(width, CavMaeOptions.VisualSide, CavMaeOptions.VisualSide);
        blocks_a = Blocks(options.ModalityDepth, width, options.Heads);
        blocks_v = Blocks(options.ModalityDepth, width, options.Heads);
        blocks_u = Blocks(options.SharedDepth, width, options.Heads);
        norm_a = nn.LayerNorm(width);
        norm_v = nn.LayerNorm(width);
        norm = nn.LayerNorm(width);

        decoder_embed = nn.Linear(width, decoderWidth);
        mask_token = Vector(decoderWidth);
        decoder_modality_a = Vector(decoderWidth);
        decoder_modality_v = Vector(decoderWidth);
        decoder_pos_embed_a = Table(decoderWidth, CavMaeOptions.AudioRows, CavMaeOptions.AudioColumns);
        decoder_pos_embed_v = Table(decoderWidth, CavMaeOptions.VisualSide, CavMaeOptions.VisualSide);
        decoder_blocks = Blocks(options.DecoderDepth, decoderWidth, options.DecoderHeads);
        decoder_norm = nn.LayerNorm(decoderWidth);
        decoder_pred_a = nn.Linear(decoderWidth, CavMaeOptions.AudioPatchLength);
        decoder_pred_v = nn.Linear(decoderWidth, CavMaeOptions.VisualPatchLength);

        RegisterComponents();
        InitialValues.Fill(this);
    }

    public CavMaeOptions Options { get; }

    /// <summary>What matrices are multiplied in: float32, or float16 / bfloat16 on a GPU.</summary>
    public ScalarType ComputeType { get; set; } = ScalarType.Float32;

    /// <summary>Parameters that training changes: all but fixed position tables.</summary>
    public IEnumerable<(string Name, Parameter Parameter)> TrainableParameters() => named_parameters().Where(named => named.parameter.requires_grad);

    // ---- retrieval -------------------------------------------------------------------------------------------------

    /// <summary>The retrieval path (<c>forward_feat</c>): nothing masked, each modality alone.</summary>
    /// <returns>[batch, 512, width] and [batch, 196, width].</returns>
    public (Tensor Audio, Tensor Visual) ForwardFeatures(Tensor audio, Tensor visual) => (ForwardAudioFeatures(audio), ForwardVisualFeatures(visual));

    /// <summary>The sound's half of <see cref="ForwardFeatures"/>.</summary>
    /// <returns>[batch, 512, width].</returns>
    public Tensor ForwardAudioFeatures(Tensor audio)
    {
        using DisposeScope scope = NewDisposeScope();
        return EncodeAlone(EmbedAudio(audio), blocks_a, NormPair.Audio, norm_a).MoveToOuterDisposeScope();
    }

    /// <summary>The pictures' half of <see cref="ForwardFeatures"/>.</summary>
    /// <returns>[batch, 196, width].</returns>
    public Tensor ForwardVisualFeatures(Tensor visual)
    {
        using DisposeScope scope = NewDisposeScope();
        return EncodeAlone(EmbedVisual(visual), blocks_v, NormPair.Visual, norm_v).MoveToOuterDisposeScope();
    }

    /// <summary>Unit vectors for retrieval: features averaged over tokens, then L2-normalised; [batch, width] each.</summary>
    public (Tensor Audio, Tensor Visual) Embed(Tensor audio, Tensor visual)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor a, Tensor v) = ForwardFeatures(audio, visual);
        return (Pool(a).MoveToOuterDisposeScope(), Pool(v).MoveToOuterDisposeScope());

        static Tensor Pool(Tensor tokens) => nn.functional.normalize(tokens.mean([1]), dim: -1);
    }

    // ---- training --------------------------------------------------------------------------------------------------

    /// <summary>The whole step: encode what is not masked, rebuild the rest, contrast the two modalities, weigh the losses.</summary>
    public TrainingLosses Forward(Tensor audio, Tensor visual, ObjectiveOptions objective, MaskingNoise noise)
    {
        ArgumentNullException.ThrowIfNull(objective);
        using DisposeScope scope = NewDisposeScope();
        EncoderOutput encoded = ForwardEncoder(audio, visual, objective, noise);
        Tensor? total = null, audioMae = null, visualMae = null;
        ContrastiveLoss? contrastive = null;
        if (encoded.Latent is not null)
        {
            long rebuilt = encoded.Latent.shape[0];
            MaskedTokens maskedAudio = First(encoded.AudioTokens, rebuilt), maskedVisual = First(encoded.VisualTokens, rebuilt);
            (Tensor predictedAudio, Tensor predictedVisual) = ForwardDecoder(encoded.Latent, maskedAudio, maskedVisual);
            audioMae = Losses.Reconstruction(Patches.OfSpectrogram(audio.narrow(0, 0, rebuilt)), predictedAudio, maskedAudio.Mask, objective.NormalizeTargets);
            visualMae = Losses.Reconstruction(Patches.OfPicture(visual.narrow(0, 0, rebuilt)), predictedVisual, maskedVisual.Mask, objective.NormalizeTargets);
            total = (audioMae + visualMae) * objective.MaeWeight;
        }
        if (encoded.Audio is not null)
        {
            contrastive = Losses.Contrastive(encoded.Audio.mean([1]), encoded.Visual!.mean([1]), objective.Temperature, objective.Bidirectional);
            Tensor weighed = contrastive.Loss * objective.ContrastiveWeight;
            total = total is null ? weighed : total + weighed;
        }
        return new TrainingLosses(
            Outer(total) ?? throw new ArgumentException("Both losses have weight 0.", nameof(objective)),
            Outer(audioMae), Outer(visualMae), Outer(contrastive?.Loss), Outer(contrastive?.Accuracy));
    }

    /// <summary>Masks, then passes both branches and the shared blocks (section 3.3); streams whose loss has no weight are left out.</summary>
    public EncoderOutput ForwardEncoder(Tensor audio, Tensor visual, ObjectiveOptions objective, MaskingNoise noise)
    {
        ArgumentNullException.ThrowIfNull(objective);
        ArgumentNullException.ThrowIfNull(noise);
        using DisposeScope scope = NewDisposeScope();
        MaskedTokens maskedAudio = Masking.Apply(EmbedAudio(audio), objective.AudioMaskRatio, noise.Audio);
        MaskedTokens maskedVisual = Masking.Apply(EmbedVisual(visual), objective.VisualMaskRatio, noise.Visual);
        Tensor a = Pass(maskedAudio.Kept, blocks_a, NormPair.Plain);
        Tensor v = Pass(maskedVisual.Kept, blocks_v, NormPair.Plain);

        Tensor? latent = null, audioAlone = null, visualAlone = null;
        if (objective.MaeWeight != 0)
        {
            long rebuilt = Math.Max(1, (long)(a.shape[0] * objective.ReconstructionShare));
            latent = norm.forward(Pass(cat([a.narrow(0, 0, rebuilt), v.narrow(0, 0, rebuilt)], dim: 1), blocks_u, NormPair.Plain));
        }
        if (objective.ContrastiveWeight != 0)
        {
            audioAlone = norm_a.forward(Pass(a, blocks_u, NormPair.Audio));
            visualAlone = norm_v.forward(Pass(v, blocks_u, NormPair.Visual));
        }
        return new EncoderOutput(Outer(latent), Outer(audioAlone), Outer(visualAlone), Outer(maskedAudio), Outer(maskedVisual));
    }

    /// <summary>Fills masked places with the mask token and predicts every patch (section 3.3).</summary>
    /// <param name="latent">[batch, kept audio + kept visual, width].</param>
    /// <param name="audio">How the sound was masked.</param>
    /// <param name="visual">How the pictures were masked.</param>
    /// <returns>[batch, 512, 256] and [batch, 196, 768].</returns>
    public (Tensor Audio, Tensor Visual) ForwardDecoder(Tensor latent, MaskedTokens audio, MaskedTokens visual)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor embedded = decoder_embed.In(ComputeType, latent).to_type(ScalarType.Float32);
        long keptAudio = audio.Kept.shape[1], keptVisual = visual.Kept.shape[1];
        Tensor a = Unmask(embedded.narrow(1, 0, keptAudio), audio.IdsRestore) + decoder_pos_embed_a + decoder_modality_a;
        Tensor v = Unmask(embedded.narrow(1, keptAudio, keptVisual), visual.IdsRestore) + decoder_pos_embed_v + decoder_modality_v;
        Tensor tokens = decoder_norm.forward(Pass(cat([a, v], dim: 1), decoder_blocks, NormPair.Plain));
        Tensor predictedAudio = decoder_pred_a.In(ComputeType, tokens.narrow(1, 0, CavMaeOptions.AudioTokens));
        Tensor predictedVisual = decoder_pred_v.In(ComputeType, tokens.narrow(1, CavMaeOptions.AudioTokens, CavMaeOptions.VisualTokens));
        return (predictedAudio.to_type(ScalarType.Float32).MoveToOuterDisposeScope(), predictedVisual.to_type(ScalarType.Float32).MoveToOuterDisposeScope());
    }

    /// <summary>
    /// Draws the masked patches back into spectrogram and picture (section 4.4's reconstructions). Only weights trained with
    /// <see cref="ObjectiveOptions.NormalizeTargets"/> off predict patches in the input's own units.
    /// </summary>
    public Inpainting Inpaint(Tensor audio, Tensor visual, ObjectiveOptions objective, MaskingNoise noise)
    {
        ArgumentNullException.ThrowIfNull(objective);
        using DisposeScope scope = NewDisposeScope();
        EncoderOutput encoded = ForwardEncoder(audio, visual, objective with { MaeWeight = 1, ContrastiveWeight = 0, ReconstructionShare = 1 }, noise);
        (Tensor predictedAudio, Tensor predictedVisual) = ForwardDecoder(encoded.Latent!, encoded.AudioTokens, encoded.VisualTokens);
        Tensor spectrogram = Patches.ToSpectrogram(Draw(Patches.OfSpectrogram(audio), predictedAudio, encoded.AudioTokens.Mask));
        Tensor picture = Patches.ToPicture(Draw(Patches.OfPicture(visual), predictedVisual, encoded.VisualTokens.Mask));
        return new Inpainting(
            spectrogram.MoveToOuterDisposeScope(), picture.MoveToOuterDisposeScope(),
            encoded.AudioTokens.Mask.MoveToOuterDisposeScope(), encoded.VisualTokens.Mask.MoveToOuterDisposeScope());

        static Tensor Draw(Tensor seen, Tensor predicted, Tensor mask) => where(mask.unsqueeze(-1).gt(0), predicted, seen);
    }

    // ---- parts -----------------------------------------------------------------------------------------------------

    /// <summary>[batch, 512, width]: patches + positions + the modality's vector; mel-band row first.</summary>
    private Tensor EmbedAudio(Tensor audio) => patch_embed_a.Forward(Patches.AsPlane(audio), ComputeType) + pos_embed_a + modality_a;

    /// <summary>[batch, 196, width].</summary>
    private Tensor EmbedVisual(Tensor visual) => patch_embed_v.Forward(visual, ComputeType) + pos_embed_v + modality_v;

    private Tensor EncodeAlone(Tensor tokens, ModuleList<Block> branch, NormPair norms, LayerNorm last) =>
        last.forward(Pass(Pass(tokens, branch, NormPair.Plain), blocks_u, norms));

    private Tensor Pass(Tensor tokens, ModuleList<Block> blocks, NormPair norms)
    {
        foreach (Block block in blocks)
            tokens = block.Forward(tokens, norms, ComputeType);
        return tokens;
    }

    /// <summary>[batch, kept, width] → [batch, tokens, width], the mask token where nothing was kept.</summary>
    private Tensor Unmask(Tensor kept, Tensor idsRestore)
    {
        long batch = kept.shape[0], width = kept.shape[2], count = idsRestore.shape[1];
        Tensor all = cat([kept, mask_token.expand(batch, count - kept.shape[1], width)], dim: 1);
        return all.gather(1, idsRestore.unsqueeze(-1).expand(batch, count, width));
    }

    private ModuleList<Block> Blocks(int count, int width, int heads) =>
        nn.ModuleList([.. Enumerable.Range(0, count).Select(_ => new Block(width, heads, Options.MlpRatio))]);

    private static Parameter Vector(int width) => new(zeros(1, 1, width));

    private Parameter Table(int width, int rows, int columns) => new(Positions.SinCos(width, rows, columns), requires_grad: Options.TrainablePositions);

    private static Tensor? Outer(Tensor? inner) => inner?.MoveToOuterDisposeScope();

    private static MaskedTokens First(MaskedTokens masked, long count) =>
        new(masked.Kept.narrow(0, 0, count), masked.Mask.narrow(0, 0, count), masked.IdsRestore.narrow(0, 0, count));

    private static MaskedTokens Outer(MaskedTokens masked) => new(Outer(masked.Kept)!, Outer(masked.Mask)!, Outer(masked.IdsRestore)!);
}

/// <summary>Patches of 16 × 16 as tokens: a convolution whose stride is its size.</summary>
internal sealed class PatchEmbedding : nn.Module
{
    private readonly Conv2d proj;

    public PatchEmbedding(int channels, int width) : base(nameof(PatchEmbedding))
    {
        proj = nn.Conv2d(channels, width, CavMaeOptions.PatchSize, stride: CavMaeOptions.PatchSize);
        RegisterComponents();
    }

    /// <param name="plane">[batch, channels, height, width].</param>
    /// <returns>[batch, tokens, width], row by row.</returns>
    public Tensor Forward(Tensor plane, ScalarType computeType)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor grid = computeType == ScalarType.Float32
            ? proj.forward(plane)
            : nn.functional.conv2d(plane.to_type(computeType), proj.weight!.to_type(computeType), proj.bias!.to_type(computeType), [CavMaeOptions.PatchSize, CavMaeOptions.PatchSize]);
        return grid.flatten(2).transpose(1, 2).to_type(ScalarType.Float32).MoveToOuterDisposeScope();
    }
}
