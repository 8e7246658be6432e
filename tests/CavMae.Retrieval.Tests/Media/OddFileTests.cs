using CavMae.Retrieval.Media;

namespace CavMae.Retrieval.Tests.Media;

/// <summary>Every container, and files that change or begin in their middle.</summary>
[Collection(nameof(ProcessCounting))]
public sealed class OddFileTests : MediaTestBase
{
    [Fact]
    public async Task DecodeAsync_SizeChangesWithin_KeepsToThePlan()
    {
        string small = Ffmpeg("-f lavfi -i testsrc2=s=128x96:r=10:d=15 -c:v libx264 -bf 0 small.ts");
        string large = Ffmpeg("-f lavfi -i testsrc2=s=256x192:r=10:d=15 -c:v libx264 -bf 0 -output_ts_offset 15 large.ts");
        string path = WriteFile("both.ts", [.. File.ReadAllBytes(small), .. File.ReadAllBytes(large)]);
        (_, List<Scene> scenes) = await DecodeAsync(path);

        Assert.Equal(3, scenes.Count);
        Assert.All(scenes, scene => Assert.Single(scene.Frames));
        Assert.NotEqual(scenes[0].Frames[0].Pixels.ToArray(), scenes[2].Frames[0].Pixels.ToArray());
    }

    [Fact]
    public async Task DecodeAsync_TransportStreamThatBeginsBetweenKeyFrames_StartsWhereItCan()
    {
        byte[] whole = File.ReadAllBytes(Ffmpeg("-f lavfi -i testsrc2=s=128x96:r=10:d=25 -c:v libx264 -g 30 clip.ts"));
        string path = WriteFile("cut.ts", whole.AsSpan(188 * (whole.Length / 188 / 10)));
        (_, List<Scene> scenes) = await DecodeAsync(path);
        Assert.InRange(scenes.Count, 2, 3);
        Assert.All(scenes, scene => Assert.Single(scene.Frames));
    }

    [Theory]
    [InlineData("avi", "-c:v mpeg4 -bf 2 -c:a libmp3lame")]
    [InlineData("mov", "-c:v libx264 -c:a pcm_s16be")]
    [InlineData("ts", "-c:v libx264 -c:a aac")]
    [InlineData("webm", "-c:v libvpx -auto-alt-ref 1 -lag-in-frames 16 -b:v 100k -c:a libopus")]
    [InlineData("ogg", "-c:v libtheora -c:a libvorbis")]
    public async Task DecodeAsync_EveryContainer_GivesTheFrameOfTheRule(string extension, string codecs)
    {
        // The frame's grey tells its number: 2 levels each, from 20 on, within what lossy codecs change.
        string path = Ffmpeg($"-f lavfi -i color=black:s=128x128:r=10:d=10,format=gray,geq=lum='20+2*N' -f lavfi -i sine=d=10 -pix_fmt yuv420p {codecs} clip.{extension}");
        (MediaInfo info, List<Scene> scenes) = await DecodeAsync(path);

        Scene scene = Assert.Single(scenes);
        Assert.Equal(10, info.FrameRate!.Value, tolerance: 0.2);
        Assert.InRange(Assert.Single(scene.Frames).Pixels.Span[RgbFrame.ByteCount / 2], 20 + 2 * 49 - 3, 20 + 2 * 49 + 3);
        Assert.InRange(scene.Audio!.Samples.Length, 159_000, PcmAudio.MaxSamples);
    }

    [Fact]
    public async Task DecodeAsync_PathWithQuotesAndSpaces_IsTakenAsItIs()
    {
        string path = PathOf("a \"quoted\" $(name) -i 'b' \\");
        File.Copy(Zoom, path);
        (_, List<Scene> scenes) = await DecodeAsync(path);
        Assert.Single(scenes);
    }
}
