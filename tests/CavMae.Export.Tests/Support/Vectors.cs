namespace CavMae.Export.Tests.Support;

/// <summary>Comparisons in double precision, so that the yardstick adds no rounding of its own.</summary>
internal static class Vectors
{
    public static double Cosine(ReadOnlySpan<float> first, ReadOnlySpan<float> second)
    {
        Assert.Equal(first.Length, second.Length);
        double dot = 0, firstSquare = 0, secondSquare = 0;
        for (int i = 0; i < first.Length; i++)
        {
            dot += (double)first[i] * second[i];
            firstSquare += (double)first[i] * first[i];
            secondSquare += (double)second[i] * second[i];
        }
        return dot / Math.Sqrt(firstSquare * secondSquare);
    }

    public static double Length(ReadOnlySpan<float> vector)
    {
        double square = 0;
        foreach (float value in vector)
            square += (double)value * value;
        return Math.Sqrt(square);
    }

    /// <summary>Mean and largest absolute difference, and where the largest is.</summary>
    public static (double Mean, double Max, int Worst) Difference(ReadOnlySpan<float> actual, ReadOnlySpan<float> expected)
    {
        Assert.Equal(expected.Length, actual.Length);
        double sum = 0, max = 0;
        int worst = 0;
        for (int i = 0; i < actual.Length; i++)
        {
            double difference = Math.Abs((double)actual[i] - expected[i]);
            Assert.False(double.IsNaN(difference), $"index {i}: {actual[i]} instead of {expected[i]}");
            sum += difference;
            if (difference > max)
                (max, worst) = (difference, i);
        }
        return (sum / actual.Length, max, worst);
    }

    public static void AssertClose(ReadOnlySpan<float> actual, ReadOnlySpan<float> expected, double tolerance)
    {
        (_, double max, int worst) = Difference(actual, expected);
        Assert.True(max <= tolerance, $"largest difference {max:g3} (allowed {tolerance:g3}) at index {worst}: {actual[worst]} instead of {expected[worst]}");
    }
}
