using CavMae.Retrieval.Media;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace CavMae.Training.Data;

/// <summary>The service's decoder as training uses it, so that training hears and sees what the service does: all ten frames of a scene.</summary>
internal static class TrainingDecoder
{
    public static MediaDecoder Create(string ffmpegFolder, int parallelism) => new(
        Options.Create(new MediaOptions { FfmpegFolder = ffmpegFolder, Parallelism = parallelism }),
        Options.Create(new SceneOptions { FramesPerScene = Sets.DatasetEntry.Frames }), NullLogger<MediaDecoder>.Instance, TimeProvider.System);
}
