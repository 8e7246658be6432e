namespace CavMae.Retrieval.Media;

/// <summary>A stretch of a clip that becomes one pair of vectors: its sound, its pictures, or both.</summary>
/// <param name="Index">0-based place in the clip.</param>
/// <param name="Start">Where it begins.</param>
/// <param name="End">10 s later, or where the clip ends; behind the next one's start where they overlap. Equal to <paramref name="Start"/> for a still picture.</param>
/// <param name="Audio">
/// Its sound; null where fewer than 400 samples are there, or the clip's sound begins only after the scene. Where it begins within, zeros
/// stand before it, so that the first sample is always what is heard at <paramref name="Start"/>.
/// </param>
/// <param name="Frames">Its chosen frames in time order; empty where there are no pictures.</param>
public sealed record Scene(int Index, TimeSpan Start, TimeSpan End, PcmAudio? Audio, IReadOnlyList<RgbFrame> Frames);
