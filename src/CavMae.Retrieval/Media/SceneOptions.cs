using System.ComponentModel.DataAnnotations;

namespace CavMae.Retrieval.Media;

/// <summary>How clips are cut into scenes (section <c>Scenes</c>).</summary>
public sealed class SceneOptions
{
    public const string Section = "Scenes";

    /// <summary>Longest sound one encoding hears, and so the longest stride that leaves no gap of more than a quarter second.</summary>
    public static readonly TimeSpan Length = TimeSpan.FromSeconds(10);

    /// <summary>A tail shorter than this belongs to the scene before.</summary>
    public static readonly TimeSpan MinTail = TimeSpan.FromSeconds(1);

    /// <summary>Distance between the starts of two scenes. Less than 10 s makes them overlap: more scenes, finer times.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:00:10")]
    public TimeSpan Stride { get; set; } = Length;

    /// <summary>Frames per scene whose vectors are averaged, spread evenly over the ten of the paper's protocol; 1 is frame number 5.</summary>
    [Range(1, 10)]
    public int FramesPerScene { get; set; } = 1;
}
