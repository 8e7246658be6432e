using System.Buffers;
using System.Security.Cryptography;
using CavMae.Checkpoints;
using CavMae.Export.Bundles;
using CavMae.Export.Graphs;
using CavMae.Export.Quantizing;

namespace CavMae.Export;

/// <summary>
/// Makes a model bundle of a CAV-MAE checkpoint: audio.onnx (waveform → unit vector), visual.onnx (RGB frames → unit vector)
/// and model.json. Weights pass through memory one at a time. The same checkpoint and options give the same bytes.
/// </summary>
public static class BundleExporter
{
    private const string NotStated = "not stated";

    /// <exception cref="ExportException">The options, the tensors or the output folder do not fit.</exception>
    /// <exception cref="CheckpointException">The checkpoint cannot be read.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    /// <exception cref="OperationCanceledException">Cancelled: an existing bundle is as it was.</exception>
    public static ExportResult Export(ExportOptions options, IProgress<ExportProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        using var checkpoint = Checkpoint.Open(options.CheckpointPath);
        var sizes = EncoderSizesFinder.Find(checkpoint, options.Heads);
        using BundleFolder folder = new(options.OutputFolder);
        ProgressMeter meter = new(progress, TotalBytes(options, sizes, [.. Graphs(checkpoint, sizes, options, int8: null)]));
        meter.Begin("Checking the weights");
        string identity = ModelIdentity.Hash(checkpoint, sizes, meter.Add, cancellation);
        meter.Begin("Hashing the checkpoint");
        string sourceHash = HashFile(options.CheckpointPath, meter, cancellation);
        Int8Section? int8 = options.Precision == ExportPrecision.Int8 ? SensitivityCheck.Run(checkpoint, sizes, options, meter.Begin, cancellation) : null;
        BundleGraph[] graphs = [.. Graphs(checkpoint, sizes, options, int8)];
        meter.ChangeTotal(TotalBytes(options, sizes, graphs));
        SortedDictionary<string, string> files;
        using (ModelFiles writer = new(folder.StagingPath, meter.Add, cancellation))
        {
            foreach (BundleGraph graph in graphs)
            {
                meter.Begin($"Writing {graph.File}");
                writer.Add(graph.File, graph.Graph);
            }
            files = writer.Finish();
        }
        foreach (IGrouping<Modality, BundleGraph> encoder in graphs.GroupBy(graph => graph.Modality))
        {
            List<float[]> vectors = [];
            foreach (BundleGraph graph in encoder)
            {
                meter.Begin($"Running {graph.File} once");
                vectors.Add(RuntimeCheck.Run(folder.StagingPath, graph.File, graph.Modality, sizes, graph.Options));
            }
            RuntimeCheck.Compare(encoder.First().File, vectors);
        }
        BundleManifest manifest = Describe(options, sizes, identity, new(Path.GetFileName(options.CheckpointPath), sourceHash) { Kind = CheckpointKinds.Describe(checkpoint) }, files) with { Int8 = int8 };
        HashedFile.Write(Path.Combine(folder.StagingPath, BundleManifest.FileName), manifest.ToJson());
        cancellation.ThrowIfCancellationRequested();
        folder.Commit();
        return new ExportResult(manifest.ModelId, folder.TargetPath, sizes.EmbedDim, sizes.Heads, files) { SourceKind = manifest.Source.Kind };
    }

    /// <summary>An encoder for each modality; with half the precision, one more for GPUs, on the same weights.</summary>
    private static IEnumerable<BundleGraph> Graphs(Checkpoint checkpoint, EncoderSizes sizes, ExportOptions options, Int8Section? int8)
    {
        GraphTarget[] targets = options.Precision == ExportPrecision.Fp16 ? [GraphTarget.Cpu, GraphTarget.Gpu] : [GraphTarget.Cpu];
        foreach (Modality modality in Modality.All)
        {
            foreach (GraphTarget target in targets)
            {
                GraphOptions style = new()
                {
                    Precision = options.Precision,
                    Target = target,
                    StandardOperatorsOnly = options.StandardOperatorsOnly,
                    FloatLayers = int8?.FloatLayers[modality.Name].ToHashSet(StringComparer.Ordinal) ?? [],
                };
                yield return new BundleGraph($"{modality.Name}{(target == GraphTarget.Gpu ? ".gpu" : "")}.onnx", modality, EncoderGraph.Build(checkpoint, sizes, modality, style), style);
            }
        }
    }

    private sealed record BundleGraph(string File, Modality Modality, GraphBuilder Graph, GraphOptions Options);

    private static long TotalBytes(ExportOptions options, EncoderSizes sizes, BundleGraph[] graphs) =>
        SourceTensors.Required(sizes).Sum(tensor => tensor.Shape.Aggregate((long)sizeof(float), (product, size) => product * size))
        + new FileInfo(options.CheckpointPath).Length
        + ModelFiles.CountBytes([.. graphs.Select(graph => graph.Graph)]);

    private static BundleManifest Describe(
        ExportOptions options, EncoderSizes sizes, string identity, BundleManifest.SourceSection source, SortedDictionary<string, string> files) => new()
        {
            Name = options.Name,
            Precision = PrecisionName(options.Precision),
            ModelId = $"{options.Name}-{PrecisionName(options.Precision)}-{identity}",
            StandardOperators = options.StandardOperatorsOnly,
            Trained = options.Trained,
            Architecture = new(sizes.EmbedDim, sizes.Heads, sizes.MlpWidth, sizes.ModalityBlocks, sizes.SharedBlocks, EncoderSizes.PatchSize),
            Dimension = sizes.EmbedDim,
            MaxSamples = AudioFrontEnd.MaxSamples,
            MinSamples = LogMelMatrices.FrameSamples,
            FrameSide = PictureFrontEnd.Side,
            Source = source,
            Files = files,
            License = options.License ?? NotStated,
            TrainingData = options.TrainingData ?? (options.Trained ? NotStated : "none"),
        };

    /// <summary>As the model id and model.json have it.</summary>
    internal static string PrecisionName(ExportPrecision precision) => precision switch
    {
        ExportPrecision.Int8 => "int8",
        ExportPrecision.Fp16 => "fp16",
        _ => "fp32",
    };

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
}
