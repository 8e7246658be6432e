namespace CavMae.Training.Data.Pictures;

/// <summary>
/// Fits pictures to 224 × 224: the shorter side to 224 by an antialiased triangle filter, the longer to int(224 · long / short), and the
/// centre of that. Pictures of that size stay as they are.
/// </summary>
internal static class PictureFit
{
    private const int Side = SampleSizes.PictureSide;
    private const int Plane = Side * Side;

    /// <param name="pixels">Rows of R G B A bytes.</param>
    /// <param name="picture">Receives [3, 224, 224], 0..1.</param>
    public static void ToPlanes(ReadOnlySpan<byte> pixels, int width, int height, Span<float> picture)
    {
        if (width == Side && height == Side)
            Copy(pixels, picture);
        else
            Resample(pixels, Axis.Fit(width, height), Axis.Fit(height, width), picture);
    }

    private static void Copy(ReadOnlySpan<byte> pixels, Span<float> picture)
    {
        Span<float> red = picture[..Plane], green = picture.Slice(Plane, Plane), blue = picture.Slice(2 * Plane, Plane);
        for (int i = 0; i < Plane; i++)
            (red[i], green[i], blue[i]) = (pixels[4 * i] / 255f, pixels[4 * i + 1] / 255f, pixels[4 * i + 2] / 255f);
    }

    /// <summary>Along the rows first, then along the columns.</summary>
    private static void Resample(ReadOnlySpan<byte> pixels, Axis across, Axis down, Span<float> picture)
    {
        var rows = new float[down.Length * Side];
        for (int channel = 0; channel < 3; channel++)
        {
            for (int y = 0; y < down.Length; y++)
            {
                for (int x = 0; x < Side; x++)
                {
                    (int first, float[] weights) = across.Taps[x];
                    int at = 4 * (y * across.Length + first) + channel;
                    float sum = 0;
                    foreach (float weight in weights)
                        (sum, at) = (sum + weight * pixels[at], at + 4);
                    rows[y * Side + x] = sum;
                }
            }
            Span<float> plane = picture.Slice(channel * Plane, Plane);
            for (int y = 0; y < Side; y++)
            {
                (int first, float[] weights) = down.Taps[y];
                for (int x = 0; x < Side; x++)
                {
                    float sum = 0;
                    for (int t = 0; t < weights.Length; t++)
                        sum += weights[t] * rows[(first + t) * Side + x];
                    plane[y * Side + x] = sum / 255;
                }
            }
        }
    }

    /// <summary>How the 224 points along one side come from the source's.</summary>
    private sealed record Axis(int Length, (int First, float[] Weights)[] Taps)
    {
        public static Axis Fit(int length, int otherLength)
        {
            int resized = length <= otherLength ? Side : Math.Max(Side, (int)((long)Side * length / otherLength));
            int cropped = (int)Math.Round((resized - Side) / 2.0, MidpointRounding.ToEven);
            double scale = (double)length / resized, reach = Math.Max(1, scale);
            return new Axis(length, [.. Enumerable.Range(cropped, Side).Select(point => TapsAround(length, (point + 0.5) * scale, reach))]);
        }

        /// <summary>A triangle of half-width <paramref name="reach"/> around the centre, of sum 1; at the border it is cut.</summary>
        private static (int, float[]) TapsAround(int length, double centre, double reach)
        {
            int first = Math.Max(0, (int)Math.Floor(centre - reach)), end = Math.Min(length, (int)Math.Ceiling(centre + reach));
            double[] weights = [.. Enumerable.Range(first, end - first).Select(i => Math.Max(0, 1 - Math.Abs(i + 0.5 - centre) / reach))];
            double sum = weights.Sum();
            return (first, Array.ConvertAll(weights, weight => (float)(weight / sum)));
        }
    }
}
