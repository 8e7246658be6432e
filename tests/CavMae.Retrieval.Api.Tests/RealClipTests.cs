using System.Numerics.Tensors;
using System.Text.Json.Nodes;
using CavMae.Checkpoints;
using CavMae.Tests.Shared;

namespace CavMae.Retrieval.Api.Tests;

/// <summary>The whole path on real clips, against numbers recorded from the published implementation.</summary>
public sealed class RealClipTests
{
    /// <summary>16-bit samples are identical to the reference's, so only float32 rounding remains.</summary>
    private const double AudioCosine = 0.99999;

    /// <summary>The reference stores a JPEG between decoding and scaling, and scales with another library.</summary>
    private const double VisualCosine = 0.999;

    private const float ScoreTolerance = 1e-4f;

    [Fact]
    public async Task IndexAndSearch_RealClips_MatchesTheRecordedVectorsAndTheirCosines()
    {
        string[] clips = [.. Directory.GetFiles(Fixtures.RequireReal("clips"), "*.mp4").Order(StringComparer.Ordinal)];
        Assert.Equal(4, clips.Length);
        using SafeTensors golden = SafeTensors.Open(Fixtures.RequireReal("golden", "embeddings.safetensors"));
        using TemporaryFolder folder = new();
        Dictionary<string, List<(float[] Audio, float[] Visual)>> vectors = [];
        await using (ServiceProcess service = await ServiceProcess.StartAsync(folder.File("data")))
        {
            foreach (string path in clips)
            {
                string name = Path.GetFileNameWithoutExtension(path);
                byte[] file = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
                using HttpResponseMessage created = await service.Client.PostFileAsync("api/v1/clips", file, ("id", name));
                await created.JsonAsync(201);
                using HttpResponseMessage embedded = await service.Client.PostFileAsync("api/v1/embeddings", file);
                vectors[name] = [.. (await embedded.JsonAsync())["scenes"]!.AsArray().Select(s => (s!["audio"]!.Vector(), s["visual"]!.Vector()))];

                AssertCosine(AudioCosine, golden.ReadFloats($"{name}.embedding_a"), vectors[name][0].Audio, $"{name} audio");
                AssertCosine(VisualCosine, golden.ReadFloats($"{name}.embedding_v"), vectors[name][0].Visual, $"{name} visual");
            }
            await AssertSearchesAsync(service, clips, vectors);
            await service.KillAsync();
        }
        await using ServiceProcess restarted = await ServiceProcess.StartAsync(folder.File("data"));
        await AssertSearchesAsync(restarted, clips, vectors);
    }

    private static async Task AssertSearchesAsync(ServiceProcess service, string[] clips, Dictionary<string, List<(float[] Audio, float[] Visual)>> vectors)
    {
        foreach (string path in clips)
        {
            byte[] file = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
            List<(float[] Audio, float[] Visual)> query = vectors[Path.GetFileNameWithoutExtension(path)];
            await AssertDirectionAsync("audio-to-video", target => query.SelectMany(q => target.Select(t => TensorPrimitives.Dot(q.Audio, t.Visual))).Max());
            await AssertDirectionAsync("video-to-audio", target => query.SelectMany(q => target.Select(t => TensorPrimitives.Dot(q.Visual, t.Audio))).Max());
            await AssertDirectionAsync("similar", target => query.SelectMany(q => target.Select(t => (TensorPrimitives.Dot(q.Audio, t.Visual) + TensorPrimitives.Dot(q.Visual, t.Audio)
                + TensorPrimitives.Dot(q.Audio, t.Audio) + TensorPrimitives.Dot(q.Visual, t.Visual)) / 4)).Max());

            async Task AssertDirectionAsync(string direction, Func<List<(float[] Audio, float[] Visual)>, float> expected)
            {
                using HttpResponseMessage found = await service.Client.PostFileAsync($"api/v1/search/{direction}", file);
                JsonArray hits = (await found.JsonAsync())["hits"]!.AsArray();
                Assert.Equal(vectors.Keys.Order(StringComparer.Ordinal), hits.Select(h => (string)h!["clip"]!["id"]!).Order(StringComparer.Ordinal));
                foreach (JsonNode? hit in hits)
                    Assert.Equal(expected(vectors[(string)hit!["clip"]!["id"]!]), (float)hit["score"]!, ScoreTolerance);
                Assert.Equal(hits.Select(h => (float)h!["score"]!).OrderDescending(), hits.Select(h => (float)h!["score"]!));
            }
        }
    }

    private static void AssertCosine(double atLeast, float[] expected, float[] actual, string what)
    {
        float cosine = TensorPrimitives.CosineSimilarity(expected, actual);
        Assert.True(cosine >= atLeast, $"{what}: cosine {cosine} to the recorded vector; at least {atLeast} was expected.");
        TestContext.Current.TestOutputHelper?.WriteLine($"{what}: cosine {cosine:F7}");
    }
}
