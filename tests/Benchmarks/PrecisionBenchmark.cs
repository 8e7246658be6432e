using CavMae.Benchmarks.Reporting;
using CavMae.Benchmarks.Running;
using CavMae.Checkpoints;
using CavMae.Model;
using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Media;
using CavMae.Training.Data;
using Microsoft.Extensions.Logging.Abstractions;
using TorchSharp;
using static TorchSharp.torch;

namespace CavMae.Benchmarks;

/// <summary>The exported encoders beside libtorch's, same weights, same threads, one item at a time; and beside a plain matrix product.</summary>
internal static class PrecisionBenchmark
{
    private const int Turns = 15;

    /// <summary>libtorch's threads look for work a while after a run; what comes next must not share the cores with them.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(100);

    public static async Task RunAsync(Workspace workspace, Report report, CancellationToken cancellationToken)
    {
        int threads = Environment.ProcessorCount;
        report.Section("Precisions",
            $"ViT-B, random weights, one item of full size, {threads.Format()} threads; milliseconds, median (best to worst) of {Turns.Format()} turns, in each of which every row is run once. "
            + "ONNX Runtime's times hold the whole graph, log-mel front end and pixel normalisation included; libtorch (TorchSharp, its fused attention, no gradients) is given features that are ready. "
            + "Operations count matrix products and attention alone, a multiplication and an addition as two; beside them those of one product of 512 × 768 and 768 × 3,072 matrices in ONNX Runtime, in the same precision and the same turns.");
        set_num_threads(threads);
        using CavMaeModel torch = LoadTorch(workspace.VitBCheckpoint);
        await using SceneEncoders fp32 = await SceneEncoders.OpenAsync(workspace.VitB, cancellationToken);
        await using SceneEncoders int8 = await SceneEncoders.OpenAsync(workspace.VitBInt8, cancellationToken);
        using PlainProduct product32 = new(workspace.NewFolder("product"), isInt8: false), product8 = new(workspace.NewFolder("product"), isInt8: true);
        PcmAudio sound = Sound();
        RgbFrame picture = Picture();
        using Tensor spectrogram = Spectrogram(sound), pixels = randn(1, 3, RgbFrame.Side, RgbFrame.Side);

        Subject[] subjects =
        [
            new("sound", "libtorch fp32", null, () => Forward(() => torch.ForwardAudioFeatures(spectrogram))),
            new("sound", "ONNX Runtime fp32", product32, () => fp32.Sessions.Audio.Encode([sound])),
            new("sound", "ONNX Runtime int8", product8, () => int8.Sessions.Audio.Encode([sound])),
            new("picture", "libtorch fp32", null, () => Forward(() => torch.ForwardVisualFeatures(pixels))),
            new("picture", "ONNX Runtime fp32", product32, () => fp32.Sessions.Visual.Encode([picture])),
            new("picture", "ONNX Runtime int8", product8, () => int8.Sessions.Visual.Encode([picture])),
        ];
        for (int turn = -1; turn < Turns; turn++)
        {
            report.Progress($"  turn {turn + 1} of {Turns}");
            foreach (Subject subject in subjects)
            {
                cancellationToken.ThrowIfCancellationRequested();
                await Task.Delay(Rest, cancellationToken);
                subject.Take(isKept: turn >= 0, torch.Options);
            }
        }
        report.Table(["input|", "encoder|", "ms", "÷ libtorch", "GOP/s", "plain product, GOP/s", "share"], subjects.Select(subject => subject.ToRow(Of(subjects, subject.Input, "libtorch fp32"))));
        foreach (string input in (string[])["sound", "picture"])
        {
            Aim(report, subjects, input, "int8", most: 0.55, hoped: 0.50);
            Aim(report, subjects, input, "fp32", most: 0.92, hoped: 0.85);
        }
    }

    private static void Aim(Report report, Subject[] subjects, string input, string precision, double most, double hoped)
    {
        double ratio = Of(subjects, input, $"ONNX Runtime {precision}").Times.Median / Of(subjects, input, "libtorch fp32").Times.Median;
        report.Aim($"{input}, {precision} ÷ libtorch", $"≤ {most.Format("0.00")}, better {hoped.Format("0.00")}", ratio.Format("0.000"), ratio <= most);
    }

    private static Subject Of(Subject[] subjects, string input, string name) => subjects.Single(subject => subject.Input == input && subject.Name == name);

    private static CavMaeModel LoadTorch(string path)
    {
        using var checkpoint = Checkpoint.Open(path);
        CavMaeModel model = new(CavMaeWeights.FindOptions(checkpoint));
        CavMaeWeights.Load(model, checkpoint);
        model.eval();
        return model;
    }

    private static float[] Forward(Func<Tensor> forward)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        return forward().mean([1]).data<float>().ToArray();
    }

    private static PcmAudio Sound()
    {
        Random random = new(3);
        return new PcmAudio(Enumerable.Range(0, PcmAudio.MaxSamples).Select(_ => (short)random.Next(short.MinValue, short.MaxValue + 1)).ToArray());
    }

    private static RgbFrame Picture()
    {
        var bytes = new byte[RgbFrame.ByteCount];
        new Random(4).NextBytes(bytes);
        return new RgbFrame(bytes);
    }

    private static Tensor Spectrogram(PcmAudio sound)
    {
        var spectrogram = new float[SampleSizes.SpectrogramLength];
        var waveform = new float[sound.Samples.Length];
        sound.CopyTo(waveform);
        LogMel.Compute(waveform, spectrogram);
        return tensor([.. spectrogram.Select(value => (value - LogMel.DefaultMean) / LogMel.DefaultDeviation)], [1, SampleSizes.Frames, SampleSizes.MelBins]);
    }

    private sealed class SceneEncoders(EncoderSessions sessions) : IAsyncDisposable
    {
        public EncoderSessions Sessions => sessions;

        public static async Task<SceneEncoders> OpenAsync(Bundle bundle, CancellationToken cancellationToken) => new(EncoderSessions.Open(
            await ModelBundle.OpenAsync(bundle.Folder, cancellationToken), new ModelOptions { Path = bundle.Folder, ExecutionProvider = ExecutionProvider.Cpu }, NullLogger.Instance));

        public ValueTask DisposeAsync()
        {
            sessions.Dispose();
            return ValueTask.CompletedTask;
        }
    }

    private sealed record Subject(string Input, string Name, PlainProduct? Product, Func<object> Run)
    {
        private double operations;

        public Samples Times { get; } = new();

        private Samples ProductTimes { get; } = new();

        public void Take(bool isKept, CavMaeOptions model)
        {
            operations = Input == "sound"
                ? ModelCost.PerItem(model, CavMaeOptions.AudioTokens, CavMaeOptions.AudioPatchLength)
                : ModelCost.PerItem(model, CavMaeOptions.VisualTokens, CavMaeOptions.VisualPatchLength);
            Samples time = new(), productTime = new();
            time.Time(Run);
            int repeats = (int)Math.Ceiling(operations / PlainProduct.Operations / 4);
            if (Product is not null)
                productTime.Time(() => Product.Run(repeats));
            if (!isKept)
                return;
            Times.Add(time.Last);
            if (Product is not null)
                ProductTimes.Add(productTime.Last / repeats);
        }

        public string[] ToRow(Subject reference)
        {
            double rate = operations / Times.Median / 1e6;
            string[] first = [Input, Name, $"{Times.Median.Format("0")} ({Times.Best.Format("0")}–{Times.Worst.Format("0")})", (Times.Median / reference.Times.Median).Format("0.000"), rate.Format("0")];
            if (Product is null)
                return [.. first, "", ""];
            double plain = PlainProduct.Operations / ProductTimes.Median / 1e6;
            return [.. first, plain.Format("0"), (rate / plain).Format("0.00")];
        }
    }
}
