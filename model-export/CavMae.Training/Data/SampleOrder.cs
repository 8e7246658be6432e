namespace CavMae.Training.Data;

/// <summary>In which order an epoch takes its samples: functions of seed and epoch alone.</summary>
public static class SampleOrder
{
    /// <summary>Tells the order's random numbers from those of the samples.</summary>
    private const long OrderKey = -1, BalancedKey = -2;

    /// <summary>0 … count − 1.</summary>
    public static int[] Sequential(int count) => [.. Enumerable.Range(0, count)];

    /// <summary>Every sample once, shuffled (Fisher and Yates).</summary>
    public static int[] Shuffled(int count, long seed, int epoch)
    {
        int[] order = Sequential(count);
        SampleRandom random = new(seed, epoch, OrderKey);
        for (int i = count - 1; i > 0; i--)
        {
            int other = random.NextInt(i + 1);
            (order[i], order[other]) = (order[other], order[i]);
        }
        return order;
    }

    /// <summary>As many draws as there are samples, with replacement, each sample as likely as its share of all weights.</summary>
    /// <param name="weights">One for each sample, none negative, not all 0.</param>
    /// <exception cref="ArgumentException">Weights that cannot be drawn by.</exception>
    public static int[] Balanced(ReadOnlySpan<double> weights, long seed, int epoch)
    {
        var upTo = new double[weights.Length];
        double sum = 0;
        for (int i = 0; i < weights.Length; i++)
        {
            if (!(weights[i] >= 0) || double.IsInfinity(weights[i]))
                throw new ArgumentException($"Weight {i} is {weights[i]}; weights are 0 or more.", nameof(weights));
            upTo[i] = sum += weights[i];
        }
        if (sum == 0)
            throw new ArgumentException("All weights are 0: nothing can be drawn.", nameof(weights));
        SampleRandom random = new(seed, epoch, BalancedKey);
        var order = new int[weights.Length];
        for (int i = 0; i < order.Length; i++)
        {
            // The first sample whose running sum lies above the drawn point; samples of weight 0 never are.
            int place = Array.BinarySearch(upTo, Math.Min(random.NextDouble() * sum, Math.BitDecrement(sum)));
            place = place < 0 ? ~place : place + 1;
            while (weights[place] == 0)
                place++;
            order[i] = place;
        }
        return order;
    }
}
