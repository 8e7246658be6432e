namespace CavMae.Export.Graphs;

/// <summary>One of the two kinds of input, with the letter that marks its tensors in a checkpoint.</summary>
internal sealed record Modality(string Name, string Letter, int Channels, int Tokens)
{
    public static Modality Audio { get; } = new("audio", "a", Channels: 1, EncoderSizes.AudioTokens);

    public static Modality Visual { get; } = new("visual", "v", PictureFrontEnd.Channels, EncoderSizes.PictureTokens);

    public static IReadOnlyList<Modality> All { get; } = [Audio, Visual];
}
