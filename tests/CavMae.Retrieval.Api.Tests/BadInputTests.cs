using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using CavMae.Tests.Shared;

namespace CavMae.Retrieval.Api.Tests;

/// <summary>Bad input, each with its status and message, and nothing left behind: no rows, no files, no processes.</summary>
public sealed class BadInputTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private const string Clips = "api/v1/clips";
    private const string AudioToVideo = "api/v1/search/audio-to-video";
    private const string VideoToAudio = "api/v1/search/video-to-audio";
    private static readonly byte[] Zoom = File.ReadAllBytes(Fixtures.Clip("zoom_640x360_25fps_10s.mp4"));

    /// <summary>Name, address, maker of the file, status, words of the message.</summary>
    public static TheoryData<string, string, Func<TemporaryFolder, byte[]>, int, string> Refused => new()
    {
        { "empty file", Clips, _ => [], 415, "empty" },
        { "text named .mp4", Clips, _ => "just some text"u8.ToArray(), 415, "" },
        { "moov missing", Clips, MoovMissing, 422, "" },
        { "cut in the middle", Clips, CutInTheMiddle, 422, "truncated" },
        { "m3u8 playlist", Clips, _ => "#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n"u8.ToArray(), 415, "" },
        { "concat list", Clips, _ => "file '/etc/passwd'\n"u8.ToArray(), 415, "" },
        { "ffconcat list", Clips, _ => "ffconcat version 1.0\nfile /etc/passwd\n"u8.ToArray(), 415, "" },
        { "sdp", Clips, _ => "v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 5000 RTP/AVP 96\n"u8.ToArray(), 415, "" },
        { "zip archive", Clips, _ => [0x50, 0x4B, 3, 4, .. new byte[64]], 415, "" },
        { "random bytes behind an mp4 head", Clips, _ => [0, 0, 0, 0x18, .. "ftypisom"u8, .. new byte[4096]], 422, "" },
        { "no sound for audio-to-video", AudioToVideo, folder => Make(folder, "silent.mp4", "-f", "lavfi", "-i", "testsrc2=size=64x64:duration=2", "-an"), 422, "sound" },
        { "still image for audio-to-video", AudioToVideo, folder => Make(folder, "still.jpg", "-f", "lavfi", "-i", "testsrc2=size=64x64", "-frames:v", "1"), 422, "sound" },
        { "no pictures for video-to-audio", VideoToAudio, folder => Make(folder, "tone.wav", "-f", "lavfi", "-i", "sine=duration=2"), 422, "picture" },
        { "cover picture only for video-to-audio", VideoToAudio, CoverPicture, 422, "picture" },
        { "too long", Clips, folder => Make(folder, "long.wav", "-f", "lavfi", "-i", "sine=duration=70:sample_rate=8000"), 422, "" },
        { "too many pixels", Clips, folder => Make(folder, "large.png", "-f", "lavfi", "-i", "color=size=3000x2000", "-frames:v", "1"), 422, "pixels" },
        { "too many streams", Clips, folder => Make(folder, "streams.mkv", "-f", "lavfi", "-i", "sine=duration=1", "-map", "0", "-map", "0", "-map", "0", "-map", "0", "-map", "0"), 422, "streams" },
        { "sound of 10 ms for audio-to-video", AudioToVideo, folder => Make(folder, "blip.wav", "-f", "lavfi", "-i", "sine=duration=0.01"), 422, "sound" },
        { "over the upload limit", Clips, _ => new byte[ServiceFixture.MaxUploadBytes + 1], 413, "MaxUploadBytes" },
    };

    [Theory]
    [MemberData(nameof(Refused), DisableDiscoveryEnumeration = true)]
    public async Task Upload_BadFile_IsRefusedAndLeavesNothing(string name, string address, Func<TemporaryFolder, byte[]> make, int status, string words)
    {
        using TemporaryFolder folder = new();
        await AssertNothingLeftAsync(async () =>
        {
            using HttpResponseMessage response = await fixture.Client.PostFileAsync(address, make(folder));
            string detail = await response.ProblemAsync(status);
            Assert.True(detail.Contains(words, StringComparison.OrdinalIgnoreCase), $"{name}: {detail}");
            Assert.NotEqual("", detail);
            Assert.DoesNotContain(fixture.DataFolder, detail, StringComparison.Ordinal);
        });
    }

    public static TheoryData<string, string, string, int, string> BadFields => new()
    {
        { "metadata that is an array", "metadata", "[1]", 400, "object" },
        { "metadata that is null", "metadata", "null", 400, "object" },
        { "metadata with half a surrogate pair", "metadata", "{\"a\":\"\\ud800\"}", 400, "Unicode" },
        { "metadata with half a surrogate pair in a name", "metadata", "{\"\\ud800\":1}", 400, "Unicode" },
        { "metadata over the budget", "metadata", "{\"a\":\"" + new string('x', 140_000) + "\"}", 400, "Api:MaxFormBytes" },
        { "metadata nested too deep", "metadata", string.Concat(Enumerable.Repeat("{\"a\":", 40)) + "1" + new string('}', 40), 400, "JSON" },
        { "metadata that is no JSON", "metadata", "{", 400, "JSON" },
        { "id with a slash", "id", "../x", 400, "id" },
        { "id of dots", "id", "..", 400, "id" },
        { "empty tag", "tag", "", 400, "tag" },
        { "replace that is neither", "replace", "maybe", 400, "replace" },
        { "unknown field", "titel", "x", 400, "titel" },
        { "title with NUL", "title", "a\0b", 400, "title" },
    };

    [Theory]
    [MemberData(nameof(BadFields))]
    public async Task Upload_BadField_IsRefusedAndLeavesNothing(string name, string field, string value, int status, string words) => await AssertNothingLeftAsync(async () =>
    {
        using HttpResponseMessage response = await fixture.Client.PostFileAsync(Clips, Zoom, (field, value));
        string detail = await response.ProblemAsync(status);
        Assert.True(detail.Contains(words, StringComparison.Ordinal), $"{name}: {detail}");
    });

    [Theory]
    [InlineData("api/v1/clips?limit=0", 400)]
    [InlineData("api/v1/clips?limit=1001", 400)]
    [InlineData("api/v1/clips?limit=x", 400)]
    [InlineData("api/v1/clips?cursor=AAAA", 400)]
    [InlineData("api/v1/clips?cursor=AAAAAAAAAAAAAAAAA!", 400)]
    [InlineData("api/v1/jobs?cursor=AAAAAAAAAAAAAAAAA!", 400)]
    [InlineData("api/v1/clips/nobody", 404)]
    [InlineData("api/v1/clips/nobody/media", 404)]
    [InlineData("api/v1/clips/nobody/thumbnail", 404)]
    [InlineData("api/v1/clips/nobody/matches", 404)]
    [InlineData("api/v1/clips/nobody/matches?direction=sideways", 400)]
    [InlineData("api/v1/clips/nobody/matches?limit=101", 400)]
    [InlineData("api/v1/clips/..%2F..%2Fetc%2Fpasswd/media", 404)]
    [InlineData("api/v1/nothing", 404)]
    public async Task Get_BadAddress_GivesAProblem(string address, int status)
    {
        using HttpResponseMessage response = await fixture.Client.GetAsync(new Uri(address, UriKind.Relative), TestContext.Current.CancellationToken);
        await response.ProblemAsync(status);
    }

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=101")]
    [InlineData("limit=ten")]
    [InlineData("minScore=2")]
    [InlineData("minScore=NaN")]
    [InlineData("groupBy=Clip2")]
    public async Task Search_BadParameter_IsRefusedBeforeTheFileIsRead(string query) => await AssertNothingLeftAsync(async () =>
    {
        using HttpResponseMessage response = await fixture.Client.PostFileAsync($"{AudioToVideo}?{query}", Zoom);
        Assert.Contains(query.Split('=')[0], await response.ProblemAsync(400), StringComparison.OrdinalIgnoreCase);
    });

    [Fact]
    public async Task Upload_FileNameWithPathAndNul_IsNeverLookedAt()
    {
        byte[] body = [.. Encoding.UTF8.GetBytes("--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../../etc/x\0.mp4\"\r\n\r\n"), .. Zoom, .. "\r\n--B--\r\n"u8];
        await AssertNothingLeftAsync(async () =>
        {
            using HttpResponseMessage response = await PostRawAsync(Clips, body, "multipart/form-data; boundary=B");
            // A NUL in a header makes the whole form malformed; a path alone does not matter.
            Assert.True(response.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.Created, response.StatusCode.ToString());
            if (response.StatusCode is HttpStatusCode.Created)
                await DeleteAsync((string)(await response.JsonAsync(201))["id"]!);
        });
        using MultipartFormDataContent form = new() { { new ByteArrayContent(Zoom), "file", "../../../tmp/evil.mp4" } };
        await AssertNothingLeftAsync(async () =>
        {
            using HttpResponseMessage response = await fixture.Client.PostAsync(new Uri(Clips, UriKind.Relative), form, TestContext.Current.CancellationToken);
            JsonNode clip = await response.JsonAsync(201);
            Assert.All(fixture.MediaFiles(), path => Assert.DoesNotContain("evil", path, StringComparison.Ordinal));
            await DeleteAsync((string)clip["id"]!);
        });
        Assert.False(File.Exists("/tmp/evil.mp4"));
    }

    [Theory]
    [InlineData("application/json", "{}")]
    [InlineData("multipart/form-data", "x")]
    [InlineData("multipart/form-data; boundary=B", "--B\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nx\r\n--B--\r\n")]
    [InlineData("multipart/form-data; boundary=B", "--B\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nbroken off")]
    [InlineData("multipart/form-data; boundary=B", "no boundary at all")]
    public async Task Upload_MalformedForm_IsRefused(string contentType, string body) => await AssertNothingLeftAsync(async () =>
    {
        using HttpResponseMessage response = await PostRawAsync(Clips, Encoding.UTF8.GetBytes(body), contentType);
        Assert.NotEqual("", await response.ProblemAsync(400));
    });

    [Fact]
    public async Task Upload_ChunkedBodyOverTheLimit_IsRefused() => await AssertNothingLeftAsync(async () =>
    {
        using MultipartFormDataContent form = new() { { new StreamContent(new EndlessStream(ServiceFixture.MaxUploadBytes + 5_000_000)), "file", "x" } };
        using HttpRequestMessage request = new(HttpMethod.Post, Clips) { Content = form, Headers = { TransferEncodingChunked = true } };
        using HttpResponseMessage response = await fixture.Client.SendAsync(request, TestContext.Current.CancellationToken);
        await response.ProblemAsync(413);
    });

    /// <summary>Odd but valid: each is indexed, searched with, and removed.</summary>
    public static TheoryData<string, string[]> Odd => new()
    {
        { "1x1.mp4", ["-f", "lavfi", "-i", "testsrc2=size=16x16:duration=1", "-vf", "scale=1:1", "-c:v", "ffv1", "-f", "matroska"] },
        { "17x13.mkv", ["-f", "lavfi", "-i", "testsrc2=size=17x13:duration=2", "-c:v", "ffv1"] },
        { "4to1.mp4", ["-f", "lavfi", "-i", "testsrc2=size=400x100:duration=2", "-f", "lavfi", "-i", "sine=duration=2"] },
        { "8khz.wav", ["-f", "lavfi", "-i", "sine=sample_rate=8000:duration=2", "-ac", "1"] },
        { "7point1.wav", ["-f", "lavfi", "-i", "anoisesrc=sample_rate=48000:duration=2:seed=1", "-ac", "8"] },
        { "silence.wav", ["-f", "lavfi", "-i", "anullsrc=sample_rate=16000:channel_layout=mono", "-t", "2"] },
        { "short.mp4", ["-f", "lavfi", "-i", "testsrc2=size=64x64:duration=0.2:rate=25", "-f", "lavfi", "-i", "sine=duration=0.2"] },
        { "variable.mkv", ["-f", "lavfi", "-i", "testsrc2=size=64x64:duration=4:rate=25", "-vf", "select='not(mod(n,7))+between(n,20,40)'", "-fps_mode", "vfr"] },
        { "opus.ogg", ["-f", "lavfi", "-i", "sine=sample_rate=48000:duration=2", "-c:a", "libopus"] },
        { "sound.flac", ["-f", "lavfi", "-i", "sine=duration=2"] },
        { "sound.aac", ["-f", "lavfi", "-i", "sine=duration=2"] },
        { "stream.ts", ["-f", "lavfi", "-i", "testsrc2=size=64x64:duration=2", "-f", "lavfi", "-i", "sine=duration=2"] },
        { "old.avi", ["-f", "lavfi", "-i", "testsrc2=size=64x64:duration=2", "-f", "lavfi", "-i", "sine=duration=2"] },
        { "still.webp", ["-f", "lavfi", "-i", "testsrc2=size=64x64", "-frames:v", "1"] },
    };

    [Theory]
    [MemberData(nameof(Odd))]
    public async Task Upload_OddButValidFile_IsIndexedAndFound(string name, string[] arguments) => await AssertNothingLeftAsync(async () =>
    {
        using TemporaryFolder folder = new();
        byte[] file = Make(folder, name, arguments);
        using HttpResponseMessage created = await fixture.Client.PostFileAsync(Clips, file, ("tag", name));
        JsonNode clip = await created.JsonAsync(201);
        try
        {
            using HttpResponseMessage found = await fixture.Client.PostFileAsync($"api/v1/search/similar?tag={name}", file);
            JsonNode hit = Assert.Single((await found.JsonAsync())["hits"]!.AsArray())!;
            Assert.Equal((string?)clip["id"], (string?)hit["clip"]!["id"]);
            JsonNode parts = hit["parts"]!;
            foreach (string same in (string[])["audioToAudio", "videoToVideo"])
                if (parts[same] is { } part)
                    Assert.Equal(1, (float)part, 1e-4f);
        }
        finally
        {
            await DeleteAsync((string)clip["id"]!);
        }
    });

    private async Task AssertNothingLeftAsync(Func<Task> act)
    {
        string[] before = fixture.MediaFiles();
        await act();
        // A client has its answer a moment before the service has closed its files.
        for (int attempt = 0; attempt < 300 && (fixture.MediaFiles().Length != before.Length || fixture.CountDecoders() > 0); attempt++)
            await Task.Delay(100, TestContext.Current.CancellationToken);
        Assert.Equal(before, fixture.MediaFiles());
        Assert.Equal(0, fixture.CountDecoders());
        Assert.Empty((await fixture.Client.GetJsonAsync(Clips))["items"]!.AsArray());
    }

    private async Task DeleteAsync(string id)
    {
        using HttpResponseMessage response = await fixture.Client.DeleteAsync(new Uri($"{Clips}/{id}", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
    }

    private async Task<HttpResponseMessage> PostRawAsync(string address, byte[] body, string contentType)
    {
        using ByteArrayContent content = new(body);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        return await fixture.Client.PostAsync(new Uri(address, UriKind.Relative), content, TestContext.Current.CancellationToken);
    }

    private static byte[] Make(TemporaryFolder folder, string name, params string[] arguments)
    {
        Ffmpeg.Run([.. arguments, folder.File(name)]);
        return File.ReadAllBytes(folder.File(name));
    }

    private static byte[] MoovMissing(TemporaryFolder folder)
    {
        byte[] whole = Make(folder, "whole.mp4", "-f", "lavfi", "-i", "testsrc2=size=128x128:duration=5", "-f", "lavfi", "-i", "sine=duration=5");
        return whole[..(whole.Length / 2)];
    }

    private static byte[] CutInTheMiddle(TemporaryFolder folder)
    {
        byte[] whole = Make(folder, "fast.mp4", "-f", "lavfi", "-i", "testsrc2=size=128x128:duration=20", "-f", "lavfi", "-i", "sine=duration=20", "-movflags", "+faststart");
        return whole[..(whole.Length / 2)];
    }

    private static byte[] CoverPicture(TemporaryFolder folder)
    {
        Ffmpeg.Run("-f", "lavfi", "-i", "testsrc2=size=64x64", "-frames:v", "1", folder.File("cover.jpg"));
        return Make(folder, "song.mp3", "-f", "lavfi", "-i", "sine=duration=2", "-i", folder.File("cover.jpg"), "-map", "0", "-map", "1", "-c:v", "copy", "-disposition:v", "attached_pic");
    }

    /// <summary>Zeros, of a length that is not told in advance.</summary>
    private sealed class EndlessStream(long length) : Stream
    {
        private long left = length;
        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
        public override void Flush() { }
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override int Read(byte[] buffer, int offset, int count)
        {
            int read = (int)Math.Min(count, left);
            left -= read;
            return read;
        }
    }
}
