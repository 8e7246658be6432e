namespace CavMae.Retrieval.Media;

/// <summary>A file that was looked at and found fit to decode. Holds no open file and no process; immutable.</summary>
public sealed class MediaSource
{
    internal MediaSource(string path, MediaInfo info, SourceStreams streams, ScenePlan plan)
    {
        Path = path;
        Info = info;
        Streams = streams;
        Plan = plan;
    }

    public MediaInfo Info { get; }

    internal string Path { get; }

    internal SourceStreams Streams { get; }

    internal ScenePlan Plan { get; }
}

/// <summary>Which of a file's streams are decoded, and how its pictures stand.</summary>
/// <param name="AudioIndex">ffmpeg's index of the sound stream; null without.</param>
/// <param name="VisualIndex">ffmpeg's index of the picture stream; null without.</param>
/// <param name="CoverIndex">ffmpeg's index of the cover picture; null without.</param>
/// <param name="Origin">Which of sound and pictures starts late, and by how much.</param>
/// <param name="AudioEnd">Where the sound ends by its packets, from the clip's beginning.</param>
/// <param name="SoundHasGaps">Time passes between packets of sound, which is to be filled with zeros.</param>
/// <param name="AreFarApart">
/// In a single reading one of the two would have to wait for minutes of the other; see <see cref="FfmpegArguments.Decode"/>.
/// </param>
/// <param name="IsExtremelyLong">Pictures more than eight times as long as wide, or the reverse.</param>
internal sealed record SourceStreams(
    int? AudioIndex, int? VisualIndex, int? CoverIndex, StreamOrigin Origin, TimeSpan AudioEnd, Orientation Orientation,
    bool SoundHasGaps, bool AreFarApart, bool IsExtremelyLong);
