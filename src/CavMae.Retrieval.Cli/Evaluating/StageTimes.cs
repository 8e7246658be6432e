using System.Diagnostics.Metrics;

namespace CavMae.Retrieval.Cli.Evaluating;

/// <summary>Adds up what the service's own meter says of decoding and encoding, all files together. Thread-safe.</summary>
internal sealed class StageTimes : IDisposable
{
    private readonly MeterListener listener = new();
    private readonly Lock turn = new();
    private double decodeSeconds;
    private double encodeSeconds;

    /// <param name="factory">Whose meter is listened to: others in this process may have one of the same name.</param>
    public StageTimes(IMeterFactory factory)
    {
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == RetrievalMetrics.MeterName && ReferenceEquals(instrument.Meter.Scope, factory))
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<double>((instrument, seconds, _, _) =>
        {
            lock (turn)
            {
                decodeSeconds += instrument.Name == "cavmae.decode.duration" ? seconds : 0;
                encodeSeconds += instrument.Name == "cavmae.embed.duration" ? seconds : 0;
            }
        });
        listener.Start();
    }

    /// <summary>Time waited for ffmpeg, all files added up: several are under way at once.</summary>
    public TimeSpan Decode
    {
        get
        {
            lock (turn)
                return TimeSpan.FromSeconds(decodeSeconds);
        }
    }

    /// <summary>Time waited for the encoders beyond that, all files added up.</summary>
    public TimeSpan Encode
    {
        get
        {
            lock (turn)
                return TimeSpan.FromSeconds(encodeSeconds);
        }
    }

    public void Dispose() => listener.Dispose();
}
