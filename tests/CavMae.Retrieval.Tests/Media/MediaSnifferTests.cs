using System.Text;
using CavMae.Retrieval.Media;

namespace CavMae.Retrieval.Tests.Media;

[Collection(nameof(ProcessCounting))]
public sealed class MediaSnifferTests : MediaTestBase
{
    [Theory]
    [InlineData("a.mp4", "-c:v mpeg4", MediaContainer.Mp4)]
    [InlineData("a.mov", "-c:v mpeg4", MediaContainer.Mp4)]
    [InlineData("a.3gp", "-c:v mpeg4 -an", MediaContainer.Mp4)]
    [InlineData("a.m4a", "-vn", MediaContainer.Mp4)]
    [InlineData("a.mkv", "-c:v mpeg4", MediaContainer.Matroska)]
    [InlineData("a.webm", "-c:v libvpx -c:a libopus", MediaContainer.Matroska)]
    [InlineData("a.avi", "-c:v mpeg4", MediaContainer.Avi)]
    [InlineData("a.ts", "-c:v mpeg4", MediaContainer.MpegTs)]
    [InlineData("a.m2ts", "-c:v mpeg2video -c:a ac3", MediaContainer.MpegTs)]
    [InlineData("a.ogg", "-vn -c:a libvorbis", MediaContainer.Ogg)]
    [InlineData("a.wav", "-vn", MediaContainer.Wav)]
    [InlineData("b.wav", "-vn -rf64 always", MediaContainer.Wav)]
    [InlineData("a.mp3", "-vn", MediaContainer.Mp3)]
    [InlineData("b.mp3", "-vn -write_id3v2 0 -write_xing 0", MediaContainer.Mp3)]
    [InlineData("a.mp2", "-vn", MediaContainer.Mp3)]
    [InlineData("a.flac", "-vn", MediaContainer.Flac)]
    [InlineData("a.aac", "-vn", MediaContainer.Aac)]
    [InlineData("b.aac", "-vn -write_id3v2 1 -metadata title=x", MediaContainer.Aac)]
    [InlineData("a.jpg", "-frames:v 1 -an", MediaContainer.Jpeg)]
    [InlineData("a.png", "-frames:v 1 -an", MediaContainer.Png)]
    [InlineData("a.webp", "-frames:v 1 -an", MediaContainer.WebP)]
    public async Task OpenAsync_FileOfTheList_IsRecognised(string name, string options, MediaContainer expected)
    {
        string path = Ffmpeg($"-f lavfi -i testsrc2=s=64x48:r=25:d=1 -f lavfi -i sine=d=1 {options} {name}");
        Assert.Equal(expected, MediaSniffer.Sniff(File.ReadAllBytes(path)));
        (MediaInfo info, List<Scene> scenes) = await DecodeAsync(path);

        Assert.Equal(expected, info.Container);
        Scene scene = Assert.Single(scenes);
        Assert.Equal(info.HasAudio, scene.Audio is not null);
        Assert.Equal(info.HasVideo, scene.Frames.Count == 1);
        Assert.Equal(info.IsStillImage, scene.End == TimeSpan.Zero);
        Assert.Contains('/', MediaSniffer.MediaType(expected, info.HasVideo));
    }

    [Theory]
    [InlineData("fLaC", MediaContainer.Flac)]
    [InlineData("\u00FF\u00F1\u0050\u0080\u0001\u0040\u00FC\0\0\0", MediaContainer.Aac)]
    public async Task SniffFileAsync_TagLongerThanTheHead_SeesWhatFollows(string after, MediaContainer expected)
    {
        const int TagBytes = 200_000;
        byte[] tag = [.. "ID3"u8, 4, 0, 0, 0, (byte)(TagBytes >> 14), (byte)((TagBytes >> 7) & 0x7F), (byte)(TagBytes & 0x7F), .. new byte[TagBytes]];
        string path = WriteFile("tagged", [.. tag, .. Encoding.Latin1.GetBytes(after)]);
        Assert.Equal(expected, await MediaSniffer.SniffFileAsync(path, Cancel));
        Assert.Equal(MediaContainer.Mp3, MediaSniffer.Sniff(tag.AsSpan(0, MediaSniffer.HeadBytes)));
    }

    [Theory]
    [InlineData(188, 0)]
    [InlineData(192, 4)]
    [InlineData(204, 0)]
    public void Sniff_TransportPackets_OfAnySize(int packetBytes, int firstSync)
    {
        byte[] head = new byte[10 * packetBytes];
        for (int at = firstSync; at < head.Length; at += packetBytes)
            head[at] = 0x47;
        Assert.Equal(MediaContainer.MpegTs, MediaSniffer.Sniff(head));
    }

    [Theory]
    [InlineData("")]
    [InlineData("G")]
    [InlineData("ID3")]
    [InlineData("\0\0\0\u001Cftypavif\0\0\0\0")]
    [InlineData("\0\0\0\u001Cftypmif1\0\0\0\0")]
    [InlineData("RIFF\u0010\0\0\0ACON")]
    [InlineData("RF64\u0010\0\0\0AVI ")]
    [InlineData("%PDF-1.7 something long enough")]
    [InlineData("\u001AE\u00DF\u00A3 some other EBML document")]
    [InlineData("free text of some length that begins like a box")]
    [InlineData("\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF")]
    public void Sniff_AnythingElse_IsNull(string content) => Assert.Null(MediaSniffer.Sniff(Encoding.Latin1.GetBytes(content)));

    [Fact]
    public void Sniff_RandomBytes_NeverThrows()
    {
        Random random = new(3);
        for (int trial = 0; trial < 20_000; trial++)
        {
            byte[] bytes = new byte[random.Next(0, 64)];
            random.NextBytes(bytes);
            MediaSniffer.Sniff(bytes);
            MediaSniffer.Sniff([.. "ID3"u8, .. bytes]);
            MediaSniffer.Sniff([0xFF, .. bytes]);
        }
    }
}
