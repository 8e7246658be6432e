using CavMae.Retrieval.Media;

namespace CavMae.Retrieval.Tests.Media;

/// <summary>Sizes by headers: against ffmpeg's pictures, and of bombs that no decoder is let at.</summary>
[Collection(nameof(ProcessCounting))]
public sealed class StillPictureSizeTests : MediaTestBase
{
    [Theory]
    [InlineData("a.png", MediaContainer.Png)]
    [InlineData("a.jpg", MediaContainer.Jpeg)]
    [InlineData("a.webp", MediaContainer.WebP)]
    [InlineData("-lossless 1 a.webp", MediaContainer.WebP)]
    [InlineData("-pix_fmt yuva420p a.webp", MediaContainer.WebP)]
    public void Read_Picture_GivesItsSize(string output, MediaContainer container) =>
        Assert.Equal((302, 200), StillPictureSize.Read(Ffmpeg("-f lavfi -i testsrc2=s=302x200 -frames:v 1 " + output), container));

    [Theory]
    [InlineData("89504E470D0A1A0A0000000D4948445200004E2000004E200802000000000000")]
    [InlineData("FFD8FFE000104A46494600010100000100010000FFFFC00011084E204E200301220002110103110100")]
    [InlineData("52494646160000005745425056503858 0A000000000000001F4E001F4E0000000000")]
    public async Task OpenAsync_PictureBomb_IsRefusedForItsSize(string header)
    {
        string path = WriteFile("bomb", Convert.FromHexString(header.Replace(" ", "", StringComparison.Ordinal)));
        MediaException refusal = await RefusedAsync(path, MediaError.OverLimit);
        Assert.Contains("20000 × 20000", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(MediaError.OverLimit, (await Assert.ThrowsAsync<MediaException>(() => Decoder().ThumbnailAsync(path, TimeSpan.Zero, 320, Cancel))).Error);
    }

    [Theory]
    [InlineData("89504E470D0A1A0A0000000D49484452")]
    [InlineData("FFD8FFE00010")]
    [InlineData("FFD8FFC00011084E")]
    [InlineData("52494646160000005745425056503858")]
    public async Task OpenAsync_HeaderCutShort_IsBroken(string header) =>
        await RefusedAsync(WriteFile("cut", Convert.FromHexString(header)), MediaError.Broken);
}
