namespace CavMae.Retrieval.Media;

/// <summary>Where a clip's scenes lie and which of its frames they see; made from the probe, before decoding.</summary>
/// <param name="Keys">Time stamps (or numbers) of the frames to take, ascending, each once.</param>
/// <param name="KeySeconds">The same in seconds from the clip's beginning.</param>
/// <param name="KeysAreStamps">Whether <paramref name="Keys"/> are time stamps of the stream; else ordinals of decoded frames.</param>
internal sealed record ScenePlan(IReadOnlyList<PlannedScene> Scenes, long[] Keys, double[] KeySeconds, bool KeysAreStamps)
{
    /// <param name="duration">The longer of sound and pictures.</param>
    /// <param name="frames">Null without pictures.</param>
    /// <param name="picturesStart">From the clip's beginning to its first frame.</param>
    public static ScenePlan Create(TimeSpan duration, FrameTimes? frames, SceneOptions options, TimeSpan picturesStart = default)
    {
        List<(TimeSpan Start, TimeSpan End)> spans = Cut(duration, options.Stride);
        List<long[]> keysOfScene = [.. spans.Select(span => frames is null ? [] : KeysOf(span.Start - picturesStart, span.End - picturesStart, frames, options.FramesPerScene))];
        long[] keys = [.. keysOfScene.SelectMany(each => each).Distinct().Order()];
        PlannedScene[] scenes = new PlannedScene[spans.Count];
        for (int s = 0; s < scenes.Length; s++)
        {
            int[] slots = Array.ConvertAll(keysOfScene[s], key => Array.BinarySearch(keys, key));
            scenes[s] = new PlannedScene(s, spans[s].Start, spans[s].End, slots);
        }
        double[] seconds = Array.ConvertAll(keys, key => picturesStart.TotalSeconds + frames!.SecondsOf(key));
        return new ScenePlan(scenes, keys, seconds, frames?.HasStamps ?? false);
    }

    /// <summary>
    /// One scene every <paramref name="stride"/>, each as long as it hears and sees, so that a smaller stride makes them overlap; a tail shorter
    /// than <see cref="SceneOptions.MinTail"/> belongs to the scene before.
    /// </summary>
    public static List<(TimeSpan Start, TimeSpan End)> Cut(TimeSpan duration, TimeSpan stride)
    {
        List<(TimeSpan Start, TimeSpan End)> spans = [];
        TimeSpan start = TimeSpan.Zero;
        while (duration - (start + stride) >= SceneOptions.MinTail)
        {
            TimeSpan end = start + SceneOptions.Length;
            spans.Add((start, end < duration ? end : duration));
            start += stride;
        }
        spans.Add((start, duration));
        return spans;
    }

    /// <summary>
    /// The published rule (ten frames: number max(int(i·N/10) − 1, 0) of the N = min(left, int(10·fps)) from the scene's first one on),
    /// thinned evenly where fewer than ten are asked for: one is number 5. A scene wholly before the first frame or behind the last one
    /// has none; of one that the first frame lies in, only the part from there on is spread over.
    /// </summary>
    /// <param name="start">The scene's beginning from the first frame: negative where that comes later.</param>
    /// <param name="end">The scene's end from the first frame.</param>
    private static long[] KeysOf(TimeSpan start, TimeSpan end, FrameTimes frames, int framesPerScene)
    {
        bool isBefore = start < TimeSpan.Zero && end <= TimeSpan.Zero;
        bool isBehind = start > TimeSpan.Zero && start.TotalSeconds >= frames.LengthSeconds;
        if (isBefore || isBehind)
            return [];
        TimeSpan seen = start < TimeSpan.Zero ? SceneOptions.Length + start : SceneOptions.Length;
        start = start < TimeSpan.Zero ? TimeSpan.Zero : start;
        // A picture that stands for many seconds (a slide show) is still seen when its neighbour is nearer.
        int first = (int)Math.Min(Math.Round(start.TotalSeconds * frames.FramesPerSecond), frames.Count - 1);
        int inSight = (int)(seen.TotalSeconds * frames.FramesPerSecond);
        int n = Math.Max(1, Math.Min(frames.Count - first, inSight));
        long[] keys = new long[framesPerScene];
        for (int j = 0; j < framesPerScene; j++)
        {
            int i = (int)((j + 0.5) * 10 / framesPerScene);
            keys[j] = frames.Key(first + Math.Max((int)((double)i * n / 10) - 1, 0));
        }
        return keys;
    }
}

/// <param name="FrameSlots">Places in <see cref="ScenePlan.Keys"/> of the frames the scene sees, in time order; empty where it has none.</param>
internal sealed record PlannedScene(int Index, TimeSpan Start, TimeSpan End, int[] FrameSlots)
{
    /// <summary>Number of its first sample, counted from the clip's beginning.</summary>
    public long FirstSample { get; } = PcmAudio.SampleAt(Start);

    /// <summary>Number of the first sample behind it. It may hear a little further (<see cref="PcmAudio.MaxSamples"/>).</summary>
    public long EndSample { get; } = PcmAudio.SampleAt(End);
}
