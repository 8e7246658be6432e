using TorchSharp;
using static TorchSharp.torch;

namespace CavMae.Model;

/// <summary>Pictures and spectrograms as rows of patches, the decoder's targets, and back.</summary>
public static class Patches
{
    private const int Side = CavMaeOptions.PatchSize;

    /// <summary>[batch, 1024 frames, 128 mel bins] → [batch, 512, 256]; tokens mel-band row first, a patch is [mel, frame].</summary>
    public static Tensor OfSpectrogram(Tensor spectrogram) => Split(AsPlane(spectrogram), CavMaeOptions.AudioRows, CavMaeOptions.AudioColumns);

    /// <summary>[batch, 3, 224, 224] → [batch, 196, 768]; a patch is [y, x, colour], colour fastest.</summary>
    public static Tensor OfPicture(Tensor picture) => Split(picture, CavMaeOptions.VisualSide, CavMaeOptions.VisualSide);

    /// <summary>[batch, 512, 256] → [batch, 1024, 128].</summary>
    public static Tensor ToSpectrogram(Tensor patches)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor plane = Join(patches, channels: 1, CavMaeOptions.AudioRows, CavMaeOptions.AudioColumns);
        return plane.squeeze(1).transpose(1, 2).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>[batch, 196, 768] → [batch, 3, 224, 224].</summary>
    public static Tensor ToPicture(Tensor patches) => Join(patches, channels: 3, CavMaeOptions.VisualSide, CavMaeOptions.VisualSide);

    /// <summary>[batch, 1024 frames, 128 mel bins] → [batch, 1, 128, 1024], as the patch projection takes it.</summary>
    internal static Tensor AsPlane(Tensor spectrogram) => spectrogram.unsqueeze(1).transpose(2, 3);

    private static Tensor Split(Tensor plane, int rows, int columns)
    {
        using DisposeScope scope = NewDisposeScope();
        long batch = plane.shape[0], channels = plane.shape[1];
        return plane.reshape(batch, channels, rows, Side, columns, Side) // n c h p w q
            .permute(0, 2, 4, 3, 5, 1)                                   // n h w p q c
            .reshape(batch, rows * columns, Side * Side * channels)
            .MoveToOuterDisposeScope();
    }

    private static Tensor Join(Tensor patches, int channels, int rows, int columns)
    {
        using DisposeScope scope = NewDisposeScope();
        long batch = patches.shape[0];
        return patches.reshape(batch, rows, columns, Side, Side, channels) // n h w p q c
            .permute(0, 5, 1, 3, 2, 4)                                     // n c h p w q
            .reshape(batch, channels, rows * Side, columns * Side)
            .MoveToOuterDisposeScope();
    }
}
