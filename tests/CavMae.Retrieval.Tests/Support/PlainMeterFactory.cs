using System.Diagnostics.Metrics;

namespace CavMae.Retrieval.Tests.Support;

internal sealed class PlainMeterFactory : IMeterFactory
{
    /// <summary>The one that was made last.</summary>
    public Meter? Meter { get; private set; }

    public Meter Create(MeterOptions options) => Meter = new Meter(options);

    public void Dispose()
    {
    }
}
