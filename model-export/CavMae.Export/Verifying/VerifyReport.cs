using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace CavMae.Export.Verifying;

/// <summary>What a comparison of two bundles found.</summary>
/// <param name="Bundle">The bundle that is verified.</param>
/// <param name="Against">The bundle or checkpoint it is compared with.</param>
/// <param name="SameWeights">Whether both were made of the same weights.</param>
/// <param name="MinCosine">The lowest cosine allowed.</param>
/// <param name="Audio">Sounds compared; null where no file has sound.</param>
/// <param name="Visual">Pictures compared; null where no file has pictures.</param>
/// <param name="Retrieval">Null where fewer than two files have both.</param>
/// <param name="Skipped">Files that could not be used.</param>
internal sealed record VerifyReport(
    ReportedBundle Bundle, ReportedBundle Against, bool SameWeights, double MinCosine,
    CosineReport? Audio, CosineReport? Visual, RetrievalAgreement? Retrieval, IReadOnlyList<UnusableFile> Skipped)
{
    private static readonly VerifyJson Json = new(new JsonSerializerOptions(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // for a file or a pipe, never inside a web page
    });

    /// <summary>Whether no cosine is below the one allowed.</summary>
    public bool Passed => !(Audio?.Minimum < MinCosine) && !(Visual?.Minimum < MinCosine);

    public string ToJson() => JsonSerializer.Serialize(this, Json.VerifyReport);
}

/// <param name="Path">As it was given.</param>
/// <param name="ModelId">Of a checkpoint: the id of its fp32 bundle under the name "checkpoint".</param>
/// <param name="Provider">The execution provider it ran on.</param>
internal sealed record ReportedBundle(string Path, string ModelId, string Precision, string Provider)
{
    public static ReportedBundle Of(ComparedBundle bundle) => new(bundle.Path, bundle.Model.ModelId, bundle.Model.Precision, bundle.Encoder.Provider.ToString());
}

[JsonSerializable(typeof(VerifyReport))]
internal sealed partial class VerifyJson : JsonSerializerContext;
