using System.Buffers;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using CavMae.Checkpoints;
using CavMae.Export.Bundles;
using CavMae.Export.Graphs;

namespace CavMae.Export;

/// <summary>
/// Makes a model bundle of a CAV-MAE checkpoint: audio.onnx (waveform → unit vector), visual.onnx (RGB frames → unit vector)
/// and model.json. Weights pass through memory one at a time. The same checkpoint and options give the same bytes.
/// </summary>
public static partial class BundleExporter
{
    private const string NotStated = "not stated";

    /// <exception cref="ExportException">The options, the tensors or the output folder do not fit.</exception>
    /// <exception cref="CheckpointException">The checkpoint cannot be read.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    /// <exception cref="OperationCanceledException">Cancelled: an existing bundle is as it was.</exception>
    public static ExportResult Export(ExportOptions options, IProgress<ExportProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        CheckName(options.Name);
        if (!Enum.IsDefined(options.Precision))
            throw new ExportException($"There is no precision {options.Precision}: {string.Join(", ", Enum.GetNames<ExportPrecision>())} can be exported.");
        if (!File.Exists(options.CheckpointPath))
            throw new ExportException($"There is no checkpoint {options.CheckpointPath}.");
        using var checkpoint = Checkpoint.Open(options.CheckpointPath);
        var sizes = EncoderSizesFinder.Find(checkpoint, options.Heads);
        (string File, GraphBuilder Graph)[] graphs =
        [
            ("audio.onnx", EncoderGraph.Build(checkpoint, sizes, Modality.Audio, precision: options.Precision)),
            ("visual.onnx", EncoderGraph.Build(checkpoint, sizes, Modality.Visual, precision: options.Precision)),
        ];
        ProgressMeter meter = new(progress, TotalBytes(options, sizes, graphs));

        using BundleFolder folder = new(options.OutputFolder);
        meter.Begin("Checking the weights");
        string identity = ModelIdentity.Hash(checkpoint, sizes, meter.Add, cancellation);
        meter.Begin("Hashing the checkpoint");
        string sourceHash = HashFile(options.CheckpointPath, meter, cancellation);
        SortedDictionary<string, string> files = new(StringComparer.Ordinal);
        foreach ((string file, GraphBuilder graph) in graphs)
        {
            meter.Begin($"Writing {file}");
            foreach ((string name, string hash) in ModelFiles.Write(graph, folder.StagingPath, file, meter.Add, cancellation))
                files.Add(name, hash);
        }
        BundleManifest manifest = Describe(options, sizes, identity, sourceHash, files);
        manifest = manifest with { Source = manifest.Source with { Kind = CheckpointKinds.Describe(checkpoint) } };
        HashedFile.Write(Path.Combine(folder.StagingPath, BundleManifest.FileName), manifest.ToJson());
        cancellation.ThrowIfCancellationRequested();
        folder.Commit();
        return new ExportResult(manifest.ModelId, folder.TargetPath, sizes.EmbedDim, sizes.Heads, files) { SourceKind = manifest.Source.Kind };
    }

    private static void CheckName(string name)
    {
        if (!NamePattern().IsMatch(name))
            throw new ExportException($"The name \"{name}\" does not do: 1 to 64 letters (a-z, A-Z), digits, '.', '_' and '-', with a letter or digit first.");
    }

    private static long TotalBytes(ExportOptions options, EncoderSizes sizes, (string File, GraphBuilder Graph)[] graphs) =>
        SourceTensors.Required(sizes).Sum(tensor => tensor.Shape.Aggregate((long)sizeof(float), (product, size) => product * size))
        + new FileInfo(options.CheckpointPath).Length
        + graphs.Sum(graph => graph.Graph.Weights.Sum(weight => weight.SizeBytes));

    private static BundleManifest Describe(
        ExportOptions options, EncoderSizes sizes, string identity, string sourceHash, SortedDictionary<string, string> files) => new()
        {
            Name = options.Name,
            Precision = PrecisionName(options.Precision),
            ModelId = $"{options.Name}-{PrecisionName(options.Precision)}-{identity}",
            Trained = options.Trained,
            Architecture = new(sizes.EmbedDim, sizes.Heads, sizes.MlpWidth, sizes.ModalityBlocks, sizes.SharedBlocks, EncoderSizes.PatchSize),
            Dimension = sizes.EmbedDim,
            MaxSamples = AudioFrontEnd.MaxSamples,
            MinSamples = LogMelMatrices.FrameSamples,
            FrameSide = PictureFrontEnd.Side,
            Source = new(Path.GetFileName(options.CheckpointPath), sourceHash),
            Files = files,
            License = options.License ?? NotStated,
            TrainingData = options.TrainingData ?? (options.Trained ? NotStated : "none"),
        };

    /// <summary>As the model id and model.json have it.</summary>
    internal static string PrecisionName(ExportPrecision precision) => precision == ExportPrecision.Fp16 ? "fp16" : "fp32";

    private static string HashFile(string path, ProgressMeter meter, CancellationToken cancellation)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(1 << 20);
        try
        {
            for (int read = stream.Read(buffer); read > 0; read = stream.Read(buffer))
            {
                cancellation.ThrowIfCancellationRequested();
                hash.AppendData(buffer, 0, read);
                meter.Add(read);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\z")]
    private static partial Regex NamePattern();
}
