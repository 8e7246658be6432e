using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index.Embedded;

namespace CavMae.Retrieval.Tests.Index;

public sealed class SceneVectorsTests
{
    private readonly SceneVectors vectors = new(TestClips.Dimension);
    private readonly Random random = new(1);

    [Fact]
    public void Acquire_ClipRemovedMeanwhile_RowKeepsItsNumbersUntilReleased()
    {
        var scene = TestClips.Scenes(random, 1)[0];
        var clip = Put(null, scene);
        var lease = vectors.Acquire();
        Put(clip, null);
        // As many newcomers as could ever want the row.
        var others = Enumerable.Range(0, 50).Select(_ => Put(null, TestClips.Scenes(random, 1)[0])).ToArray();

        Assert.DoesNotContain(others, other => other!.Slots[0] == clip!.Slots[0]);
        Assert.Same(clip, lease.Chunks[0].Slots[clip!.Slots[0]].Clip);
        Assert.Equal(scene.Audio, lease.Chunks[0].Audio!.Row(clip.Slots[0]).ToArray());
        Assert.Equal(1, lease.Scenes);

        lease.Dispose();
        Assert.Equal(clip.Slots[0], Put(null, scene)!.Slots[0]);
    }

    [Fact]
    public void Acquire_OlderLeaseStillHeld_RowsFreedLaterAreKeptToo()
    {
        var first = Put(null, TestClips.Scenes(random, 1)[0]);
        using var old = vectors.Acquire();
        var second = Put(first, TestClips.Scenes(random, 1)[0]);
        vectors.Acquire().Dispose();
        var third = Put(second, TestClips.Scenes(random, 1)[0]);
        Assert.Equal(3, new[] { first, second, third }.Select(clip => clip!.Slots[0]).Distinct().Count());
    }

    [Fact]
    public void Dispose_Twice_ReleasesOnce()
    {
        var clip = Put(null, TestClips.Scenes(random, 1)[0]);
        using var held = vectors.Acquire();
        var lease = vectors.Acquire();
        lease.Dispose();
        lease.Dispose();
        Put(clip, null);
        Assert.NotEqual(clip!.Slots[0], Put(null, TestClips.Scenes(random, 1)[0])!.Slots[0]);
    }

    [Fact]
    public void Abandon_Change_IsNeverSeenAndItsRowsAreUsedAgain()
    {
        Put(null, TestClips.Scenes(random, 1)[0]);
        var edit = vectors.BeginEdit();
        var slots = Enumerable.Range(0, SceneVectors.SlotsPerChunk + 5).Select(_ => edit.Add(TestClips.UnitVector(random), [])).ToHashSet();
        edit.Abandon();

        using var lease = vectors.Acquire();
        Assert.Equal(1, lease.Scenes);
        Assert.Single(lease.Chunks);
        Assert.Contains(Put(null, TestClips.Scenes(random, 1)[0])!.Slots[0], slots);
    }

    [Fact]
    public void Add_OneModality_OtherTakesNoMemory()
    {
        Put(null, TestClips.Scene(0, null, TestClips.UnitVector(random)));
        using var lease = vectors.Acquire();
        Assert.Null(lease.Chunks[0].Audio);
        Assert.NotNull(lease.Chunks[0].Visual);
    }

    private StoredClip? Put(StoredClip? before, SceneEmbedding? scene)
    {
        var edit = vectors.BeginEdit();
        StoredClip? clip = null;
        if (scene is not null)
        {
            clip = new StoredClip(TestClips.Record("a", [scene]), "{}", 1, [edit.Add(scene.Audio, scene.Visual)]);
            edit.Assign(clip);
        }
        if (before is not null)
            edit.Remove(before);
        edit.Publish();
        return clip;
    }
}
