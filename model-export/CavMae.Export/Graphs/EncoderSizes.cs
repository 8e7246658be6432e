namespace CavMae.Export.Graphs;

/// <summary>Sizes of a CAV-MAE encoder.</summary>
/// <param name="EmbedDim">Width of a token, and dimension of the embeddings.</param>
/// <param name="Heads">Attention heads; divides <paramref name="EmbedDim"/>.</param>
/// <param name="MlpWidth">Hidden width of a block's MLP.</param>
/// <param name="ModalityBlocks">Blocks of each modality's own branch.</param>
/// <param name="SharedBlocks">Blocks that both modalities pass afterwards, each with its own norms.</param>
internal sealed record EncoderSizes(int EmbedDim, int Heads, int MlpWidth, int ModalityBlocks, int SharedBlocks)
{
    /// <summary>Side of a square patch, of spectrogram and picture alike.</summary>
    public const int PatchSize = 16;

    public const int AudioTokens = AudioFrontEnd.MelBins / PatchSize * (AudioFrontEnd.Frames / PatchSize);

    public const int PictureTokens = PictureFrontEnd.Side / PatchSize * (PictureFrontEnd.Side / PatchSize);

    public int HeadDim => EmbedDim / Heads;
}
