using System.Numerics.Tensors;

namespace CavMae.Training.Data;

/// <summary>Pixels as the model takes them: three planes, normalised by ImageNet's mean and deviation of each colour.</summary>
internal static class Pixels
{
    private const int Plane = SampleSizes.PictureSide * SampleSizes.PictureSide;

    private static readonly float[] Mean = [0.485f, 0.456f, 0.406f], Deviation = [0.229f, 0.224f, 0.225f];

    /// <param name="rgb">[224, 224, 3], red, green, blue.</param>
    /// <param name="picture">Receives [3, 224, 224].</param>
    public static void Normalize(ReadOnlySpan<byte> rgb, Span<float> picture)
    {
        for (int colour = 0; colour < 3; colour++)
        {
            float scale = 1 / (255 * Deviation[colour]), shift = -Mean[colour] / Deviation[colour];
            Span<float> plane = picture.Slice(colour * Plane, Plane);
            for (int i = 0; i < plane.Length; i++)
                plane[i] = rgb[3 * i + colour] * scale + shift;
        }
    }

    /// <param name="picture">[3, 224, 224], 0..1; normalised in place.</param>
    public static void Normalize(Span<float> picture)
    {
        for (int colour = 0; colour < 3; colour++)
        {
            Span<float> plane = picture.Slice(colour * Plane, Plane);
            TensorPrimitives.Subtract(plane, Mean[colour], plane);
            TensorPrimitives.Divide(plane, Deviation[colour], plane);
        }
    }
}
