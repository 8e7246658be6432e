using System.Diagnostics.Metrics;
using CavMae.Retrieval.Embeddings;
using CavMae.Tests.Shared;
using Microsoft.Extensions.Options;

namespace CavMae.Retrieval.Tests.Embeddings;

public sealed class ModelOptionsTests
{
    [Fact]
    public void Validate_Defaults_Succeeds() => Assert.True(Validate(new ModelOptions()).Succeeded);

    [Fact]
    public void Validate_GpuValuesOutOfRange_NamesKeyValueAndRange()
    {
        ValidateOptionsResult result = Validate(new ModelOptions { MaxBatch = 2000, Gpu = { DeviceId = 256, MemoryLimitBytes = -1 } });
        Assert.Contains("Model:MaxBatch is '2000'; 1 to 1024 is allowed.", result.Failures!);
        Assert.Contains("Model:Gpu:DeviceId is '256'; 0 to 255 is allowed.", result.Failures!);
        Assert.Contains("Model:Gpu:MemoryLimitBytes is '-1'; 0 to 1099511627776 is allowed.", result.Failures!);
        Assert.Equal(3, result.Failures!.Count());
    }

    [Fact]
    public async Task ObserveModel_Listener_SeesModelPrecisionAndProvider()
    {
        ModelManifest model = (await ModelBundle.OpenAsync(DemoBundle.Folder, TestContext.Current.CancellationToken)).Manifest;
        using Meters meters = new();
        using RetrievalMetrics metrics = new(meters);
        Dictionary<string, object?> seen = [];
        using MeterListener listener = new()
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Name == "cavmae.model.info")
                    self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<int>((_, value, tags, _) =>
        {
            seen["value"] = value;
            foreach ((string key, object? tag) in tags)
                seen[key] = tag;
        });
        listener.Start();

        metrics.ObserveModel(model, ExecutionProvider.Cpu);
        listener.RecordObservableInstruments();

        Assert.Equal(1, seen["value"]);
        Assert.Equal((model.ModelId, model.Precision, "Cpu"), (seen["model"], seen["precision"], seen["provider"]));
    }

    private static ValidateOptionsResult Validate(ModelOptions options) => new OptionsValidator<ModelOptions>(ModelOptions.Section).Validate(null, options);

    private sealed class Meters : IMeterFactory
    {
        public Meter Create(MeterOptions options) => new(options);

        public void Dispose()
        {
            // The meter is its user's.
        }
    }
}
