using static TorchSharp.torch;

namespace CavMae.Model;

/// <summary>Fixed two-dimensional sine-cosine positions (section 4.1, as in the image MAE).</summary>
public static class Positions
{
    private const double Base = 10_000;

    /// <summary>
    /// [1, rows · columns, width] float32, row by row. The first half of a token's numbers tells its column, the second its
    /// row; each half is [sin | cos] of position · ω_j with ω_j = 10000^(−j / (width / 4)).
    /// </summary>
    public static Tensor SinCos(int width, int rows, int columns)
    {
        int quarter = width / 4;
        var table = new float[rows * columns * width];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                Span<float> token = table.AsSpan((row * columns + column) * width, width);
                for (int j = 0; j < quarter; j++)
                {
                    double frequency = Math.Pow(Base, -(double)j / quarter);
                    token[j] = (float)Math.Sin(column * frequency);
                    token[quarter + j] = (float)Math.Cos(column * frequency);
                    token[2 * quarter + j] = (float)Math.Sin(row * frequency);
                    token[3 * quarter + j] = (float)Math.Cos(row * frequency);
                }
            }
        }
        return tensor(table, [1, rows * columns, width]);
    }
}
