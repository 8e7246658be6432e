namespace CavMae.Model.Tests.Support;

/// <summary>
/// The encoder in plain C# and double precision, one token list at a time, written from section 3 of the paper: slow, and
/// independent of everything it checks.
/// </summary>
internal sealed class ReferenceEncoder(CavMaeModel model)
{
    private readonly Dictionary<string, float[]> weights = SmallModel.Values(model);
    private readonly int width = model.Options.EmbedDim, heads = model.Options.Heads;

    /// <summary>Patches [token][number] of a projection → tokens: patch · weight + bias + position + modality.</summary>
    public double[][] Embed(float[][] patches, string letter)
    {
        double[][] tokens = Linear([.. patches.Select(patch => patch.Select(value => (double)value).ToArray())], $"patch_embed_{letter}.proj");
        for (int token = 0; token < tokens.Length; token++)
        {
            for (int i = 0; i < width; i++)
                tokens[token][i] += weights[$"pos_embed_{letter}"][token * width + i] + weights[$"modality_{letter}"][i];
        }
        return tokens;
    }

    /// <summary>Passes the <paramref name="count"/> blocks of a list, with norms "", "_a" or "_v".</summary>
    public double[][] Pass(double[][] tokens, string list, int count, string norms)
    {
        for (int i = 0; i < count; i++)
        {
            string block = $"{list}.{i}";
            tokens = Sum(tokens, Attention(Norm(tokens, $"{block}.norm1{norms}"), $"{block}.attn"));
            tokens = Sum(tokens, Mlp(Norm(tokens, $"{block}.norm2{norms}"), $"{block}.mlp"));
        }
        return tokens;
    }

    public double[][] Norm(double[][] tokens, string name) =>
    [
        .. tokens.Select(token =>
        {
            double mean = token.Average(), variance = token.Average(value => (value - mean) * (value - mean));
            return token.Select((value, i) => (value - mean) / Math.Sqrt(variance + 1e-5) * weights[$"{name}.weight"][i] + weights[$"{name}.bias"][i]).ToArray();
        }),
    ];

    private double[][] Attention(double[][] tokens, string name)
    {
        double[][] qkv = Linear(tokens, $"{name}.qkv");
        int headWidth = width / heads;
        double[][] mixed = [.. tokens.Select(_ => new double[width])];
        for (int head = 0; head < heads; head++)
        {
            int query = head * headWidth, key = width + query, value = 2 * width + query;
            for (int token = 0; token < tokens.Length; token++)
            {
                double[] shares = [.. qkv.Select(other => Math.Exp(Dot(qkv[token], query, other, key, headWidth) / Math.Sqrt(headWidth)))];
                double sum = shares.Sum();
                for (int other = 0; other < tokens.Length; other++)
                {
                    for (int i = 0; i < headWidth; i++)
                        mixed[token][query + i] += shares[other] / sum * qkv[other][value + i];
                }
            }
        }
        return Linear(mixed, $"{name}.proj");
    }

    private double[][] Mlp(double[][] tokens, string name) =>
        Linear([.. Linear(tokens, $"{name}.fc1").Select(hidden => hidden.Select(Gelu).ToArray())], $"{name}.fc2");

    /// <summary>Rows of the weight are outputs.</summary>
    private double[][] Linear(double[][] tokens, string name)
    {
        float[] bias = weights[$"{name}.bias"];
        double[] weight = [.. weights[$"{name}.weight"].Select(value => (double)value)];
        return [.. tokens.Select(token => bias.Select((value, output) => value + Dot(token, 0, weight, output * token.Length, token.Length)).ToArray())];
    }

    private static double Dot(double[] first, int firstStart, double[] second, int secondStart, int count)
    {
        double sum = 0;
        for (int i = 0; i < count; i++)
            sum += first[firstStart + i] * second[secondStart + i];
        return sum;
    }

    private static double[][] Sum(double[][] first, double[][] second) => [.. first.Zip(second, (a, b) => a.Zip(b, (x, y) => x + y).ToArray())];

    private static double Gelu(double x) => x / 2 * (1 + Erf(x / Math.Sqrt(2)));

    /// <summary>Its Taylor series, 2/√π · Σ (−1)ⁿ x²ⁿ⁺¹ / (n! (2n + 1)), which serves for |x| &lt; 5; beyond, erf is ±1.</summary>
    private static double Erf(double x)
    {
        if (Math.Abs(x) > 5)
            return Math.Sign(x);
        double power = x, sum = x;
        for (int n = 1; n < 120; n++)
        {
            power *= -x * x / n;
            sum += power / (2 * n + 1);
        }
        return 2 / Math.Sqrt(Math.PI) * sum;
    }
}
