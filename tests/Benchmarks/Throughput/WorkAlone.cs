using System.Diagnostics;
using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Media;
using Microsoft.Extensions.DependencyInjection;

namespace CavMae.Benchmarks.Throughput;

/// <summary>What a set of files cannot do without, each part alone in this process: ffmpeg's processor time, then the encoders'.</summary>
/// <param name="FfmpegSeconds">Processor seconds of ffprobe and ffmpeg, one file after another.</param>
/// <param name="EncoderSeconds">Processor seconds of the encoder runs, one scene after another.</param>
internal sealed record WorkAlone(double FfmpegSeconds, double EncoderSeconds)
{
    public static async Task<WorkAlone> MeasureAsync(IServiceProvider services, IEnumerable<(string Path, MediaStreams Wanted)> files, CancellationToken cancellationToken)
    {
        MediaDecoder decoder = services.GetRequiredService<MediaDecoder>();
        SceneEncoder encoder = services.GetRequiredService<SceneEncoder>();
        using Process self = Process.GetCurrentProcess();
        ProcessorTime start = ProcessorTime.Of(self);
        List<Scene> scenes = [];
        foreach ((string path, MediaStreams wanted) in files)
        {
            MediaSource source = await decoder.OpenAsync(path, cancellationToken);
            await foreach (Scene scene in decoder.DecodeAsync(source, wanted, cancellationToken))
                scenes.Add(scene);
        }
        ProcessorTime decoded = ProcessorTime.Of(self);
        foreach (Scene scene in scenes)
            await encoder.EncodeAsync(scene, cancellationToken);
        return new WorkAlone((decoded - start).ChildrenSeconds, (ProcessorTime.Of(self) - decoded).OwnSeconds);
    }
}
