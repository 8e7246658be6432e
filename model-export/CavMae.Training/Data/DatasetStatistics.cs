using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.ExceptionServices;
using CavMae.Retrieval.Media;
using CavMae.Training.Data.Sets;
using CavMae.Training.Data.Sound;

namespace CavMae.Training.Data;

/// <summary>Mean and deviation of a data set's log-mel values before normalising, padding included, as the published recipe takes them.</summary>
/// <param name="Clips">Clips that were counted.</param>
/// <param name="Unreadable">Name and fault of those that were not.</param>
internal sealed record DatasetStatistics(int Clips, double Mean, double Deviation, IReadOnlyList<string> Unreadable)
{
    /// <summary>Goes through all clips, holding two numbers of each; the result does not depend on the number of jobs.</summary>
    /// <param name="report">Told of each clip as it is done, from any thread, one call at a time; with the fault of an unreadable one.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static DatasetStatistics Compute(DatasetFile file, MediaDecoder decoder, int jobs, Action<string?> report, CancellationToken cancellationToken)
    {
        SoundReader sounds = new(decoder);
        var sums = new (double Sum, double Squares)?[file.Entries.Count];
        List<string> unreadable = [];
        ParallelOptions options = new() { MaxDegreeOfParallelism = jobs, CancellationToken = cancellationToken };
        try
        {
            Parallel.For(0, sums.Length, options, Count);
        }
        // Only what ends the whole: unreadable clips are counted.
        catch (AggregateException all)
        {
            ExceptionDispatchInfo.Throw(all.InnerExceptions[0]);
        }
        int clips = sums.Count(each => each is not null);
        double numbers = (double)clips * SampleSizes.SpectrogramLength;
        double mean = sums.Sum(each => each?.Sum ?? 0) / numbers;
        double variance = sums.Sum(each => each?.Squares ?? 0) / numbers - mean * mean;
        return new DatasetStatistics(clips, mean, Math.Sqrt(Math.Max(0, variance)), [.. unreadable.Order(StringComparer.Ordinal)]);

        void Count(int i)
        {
            string? fault = null;
            try
            {
                sums[i] = Sums(sounds, file.Entries[i].Wav);
            }
            catch (SampleException problem)
            {
                fault = $"{file.Entries[i].VideoId}: {problem.Message}";
            }
            lock (unreadable)
            {
                if (fault is not null)
                    unreadable.Add(fault);
                report(fault);
            }
        }
    }

    private static (double Sum, double Squares) Sums(SoundReader sounds, string path)
    {
        float[] waveform = ArrayPool<float>.Shared.Rent(LogMel.MaxSamples), spectrogram = ArrayPool<float>.Shared.Rent(SampleSizes.SpectrogramLength);
        try
        {
            int length = sounds.Read(path, waveform.AsSpan(0, LogMel.MaxSamples));
            LogMel.Compute(waveform.AsSpan(0, length), spectrogram.AsSpan(0, SampleSizes.SpectrogramLength));
            double sum = 0, squares = 0;
            // Row by row, so that float32 sums stay short.
            for (int frame = 0; frame < SampleSizes.Frames; frame++)
            {
                ReadOnlySpan<float> row = spectrogram.AsSpan(frame * SampleSizes.MelBins, SampleSizes.MelBins);
                sum += TensorPrimitives.Sum(row);
                squares += TensorPrimitives.SumOfSquares(row);
            }
            return (sum, squares);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(waveform);
            ArrayPool<float>.Shared.Return(spectrogram);
        }
    }
}
