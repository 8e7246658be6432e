using CavMae.Retrieval.Embeddings;
using CavMae.Tests.Shared;

namespace CavMae.Retrieval.Tests.Embeddings;

/// <summary>What the GPU providers of ONNX Runtime are told; the names are theirs.</summary>
public sealed class ProviderSettingsTests
{
    private static readonly HostBuffer[] AudioInputs = [new HostBuffer<float>("waveform", [164_080], 4), new HostBuffer<long>("length", [], 4)];

    [Fact]
    public void Cuda_Defaults_ComputesInFloat32WithoutALimit()
    {
        Dictionary<string, string> settings = ProviderSettings.Cuda(new GpuOptions());
        Assert.Equal(("0", "0", "0", "kSameAsRequested"), (settings["device_id"], settings["use_tf32"], settings["enable_cuda_graph"], settings["arena_extend_strategy"]));
        Assert.DoesNotContain("gpu_mem_limit", settings.Keys);
    }

    [Fact]
    public void Cuda_AllSet_IsPassedOn()
    {
        Dictionary<string, string> settings = ProviderSettings.Cuda(new GpuOptions { DeviceId = 3, MemoryLimitBytes = 4_000_000_000, CudaGraphs = true });
        Assert.Equal(("3", "4000000000", "1"), (settings["device_id"], settings["gpu_mem_limit"], settings["enable_cuda_graph"]));
    }

    [Fact]
    public void TensorRt_Defaults_HasOneProfileOfAllBatchSizesAndKeepsNothing()
    {
        Dictionary<string, string> settings = ProviderSettings.TensorRt(Plan(new GpuOptions(), null), "audio", AudioInputs);
        Assert.Equal("waveform:1x164080,length:1", settings["trt_profile_min_shapes"]);
        Assert.Equal("waveform:4x164080,length:4", settings["trt_profile_opt_shapes"]);
        Assert.Equal("waveform:4x164080,length:4", settings["trt_profile_max_shapes"]);
        Assert.Equal("0", settings["trt_fp16_enable"]);
        Assert.DoesNotContain("trt_engine_cache_enable", settings.Keys);
    }

    [Fact]
    public void TensorRt_WithCache_KeepsEnginesPerEncoder()
    {
        Dictionary<string, string> settings = ProviderSettings.TensorRt(Plan(new GpuOptions { TensorRtFp16 = true }, "/cache/m"), "audio", AudioInputs);
        Assert.Equal(("1", "1", "1"), (settings["trt_fp16_enable"], settings["trt_engine_cache_enable"], settings["trt_timing_cache_enable"]));
        Assert.Equal(Path.Combine("/cache/m", "audio"), settings["trt_engine_cache_path"]);
    }

    [Fact]
    public async Task EngineFolder_OtherFilesUnderTheSameId_IsAnotherFolder()
    {
        using TemporaryFolder cache = new();
        ModelManifest model = (await ModelBundle.OpenAsync(DemoBundle.Folder, TestContext.Current.CancellationToken)).Manifest;
        string first = TensorRtEngines.FolderFor(cache.FullPath, model);
        string again = TensorRtEngines.FolderFor(cache.FullPath, model);
        string other = TensorRtEngines.FolderFor(cache.FullPath, model with { Files = new Dictionary<string, string> { ["audio.onnx"] = "00" } });
        Assert.Equal(first, again);
        Assert.NotEqual(first, other);
        Assert.StartsWith(model.ModelId, Path.GetFileName(first), StringComparison.Ordinal);
        Assert.True(Directory.Exists(other));
    }

    [Fact]
    public async Task EngineFolder_CacheThatIsAFile_IsRefusedByName()
    {
        using TemporaryFolder folder = new();
        string file = folder.File("file");
        await File.WriteAllTextAsync(file, "", TestContext.Current.CancellationToken);
        ModelManifest model = (await ModelBundle.OpenAsync(DemoBundle.Folder, TestContext.Current.CancellationToken)).Manifest;
        Assert.Contains("Model:Gpu:TensorRtEngineCache", Assert.Throws<ModelException>(() => TensorRtEngines.FolderFor(file, model)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task From_CudaGraphsWithTensorRt_IsRefusedByName()
    {
        ModelManifest model = (await ModelBundle.OpenAsync(DemoBundle.Folder, TestContext.Current.CancellationToken)).Manifest;
        ModelOptions options = new() { Gpu = { CudaGraphs = true } };
        Assert.Contains("Model:Gpu:CudaGraphs", Assert.Throws<ModelException>(() => EncoderPlan.From(options, model, ExecutionProvider.TensorRt)).Message, StringComparison.Ordinal);
        Assert.Equal([1, 2, 4, 8, 16], EncoderPlan.From(options, model, ExecutionProvider.Cuda).Buckets.Sizes);
        Assert.Equal([1], EncoderPlan.From(options, model with { Precision = "int8" }, ExecutionProvider.Cpu).Buckets.Sizes);
        Assert.Contains("Model:Gpu:TensorRtFp16", Assert.Throws<ModelException>(() => EncoderPlan.From(
            new ModelOptions { Gpu = new GpuOptions { TensorRtFp16 = true } }, model, ExecutionProvider.TensorRt)).Message, StringComparison.Ordinal);
        Assert.Equal([1, 2], EncoderPlan.From(options, model, ExecutionProvider.Cpu).Buckets.Sizes);
    }

    private static EncoderPlan Plan(GpuOptions gpu, string? engineFolder) => new(ExecutionProvider.TensorRt, 1, 768, BatchBuckets.PowersOfTwo(4), OwnThread: true, gpu, engineFolder);
}
