using CavMae.Benchmarks.Reporting;
using CavMae.Benchmarks.Running;
using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Media;
using Microsoft.Extensions.Logging.Abstractions;

namespace CavMae.Benchmarks;

/// <summary>The two encoders by themselves, without decoder and queues, by batch size.</summary>
internal static class EncoderBenchmark
{
    private const int Turns = 5;
    private static readonly int[] BatchSizes = [1, 2, 4, 8, 16];

    public static async Task RunAsync(Workspace workspace, Report report, CancellationToken cancellationToken)
    {
        Bundle bundle = workspace.VitB;
        ModelOptions options = new() { Path = bundle.Folder, MaxBatch = BatchSizes[^1] };
        report.Section("Encoders",
            $"ViT-B, random weights, fp32, {(options.Threads == 0 ? Environment.ProcessorCount : options.Threads).Format()} threads, full 10.255 s of sound and one 224 × 224 picture an item; "
            + $"milliseconds an item, median (best to worst) of {Turns.Format()} turns through all sizes.");
        using EncoderSessions sessions = EncoderSessions.Open(await ModelBundle.OpenAsync(bundle.Folder, cancellationToken), options, NullLogger.Instance);
        Random random = new(3);
        PcmAudio[] sounds = [.. Enumerable.Range(0, BatchSizes[^1]).Select(_ => RandomSound(random))];
        RgbFrame[] pictures = [.. Enumerable.Range(0, BatchSizes[^1]).Select(_ => RandomPicture(random))];
        Samples[] audio = [.. BatchSizes.Select(_ => new Samples())];
        Samples[] visual = [.. BatchSizes.Select(_ => new Samples())];
        sessions.Audio.Encode(sounds[..1]);
        sessions.Visual.Encode(pictures[..1]);
        for (int turn = 0; turn < Turns; turn++)
        {
            report.Progress($"  turn {turn + 1} of {Turns}");
            for (int i = 0; i < BatchSizes.Length; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                TimePerItem(audio[i], BatchSizes[i], () => sessions.Audio.Encode(sounds[..BatchSizes[i]]));
                TimePerItem(visual[i], BatchSizes[i], () => sessions.Visual.Encode(pictures[..BatchSizes[i]]));
            }
        }
        report.Table(["batch", "audio ms/item", "visual ms/item"],
            BatchSizes.Select((size, i) => new[] { size.Format(), Describe(audio[i]), Describe(visual[i]) }));
    }

    private static void TimePerItem(Samples samples, int items, Func<float[][]> encode)
    {
        Samples whole = new();
        whole.Time(encode);
        samples.Add(whole.Median / items);
    }

    private static string Describe(Samples samples) => $"{samples.Median.Format("0")} ({samples.Best.Format("0")}–{samples.Worst.Format("0")})";

    private static PcmAudio RandomSound(Random random)
    {
        short[] samples = new short[PcmAudio.MaxSamples];
        for (int i = 0; i < samples.Length; i++)
            samples[i] = (short)random.Next(short.MinValue, short.MaxValue + 1);
        return new PcmAudio(samples);
    }

    private static RgbFrame RandomPicture(Random random)
    {
        byte[] pixels = new byte[RgbFrame.ByteCount];
        random.NextBytes(pixels);
        return new RgbFrame(pixels);
    }
}
