using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using CavMae.Checkpoints;
using CavMae.Export.Tests.Support;

namespace CavMae.Export.Tests.Checkpoints;

/// <summary>Files that are no checkpoint, cut short, or lie about what they hold: each is refused by name of its fault.</summary>
public sealed class HostileCheckpointTests : HostileFiles
{
    [Fact]
    public void Open_EmptyFile_IsRefused() => AssertRefused(Save("empty.pth", []), "empty");

    [Fact]
    public void Open_Text_IsRefused() => AssertRefused(Save("text.pth", "just some words, long enough"u8.ToArray()), "neither a PyTorch checkpoint");

    [Fact]
    public void Open_MissingFile_IsAnIOException() => Assert.Throws<FileNotFoundException>(() => Checkpoint.Open(Folder.File("none.pth")));

    [Theory]
    [InlineData(0.999)]
    [InlineData(0.5)]
    [InlineData(0.01)]
    public void Open_TruncatedZip_IsRefused(double part) => AssertRefused(Cut("tiny.pth", part), "truncated");

    [Theory]
    [InlineData(0.999)]
    [InlineData(0.5)]
    [InlineData(0.02)]
    [InlineData(0.00001)]
    public void Open_TruncatedLegacy_IsRefused(double part) => AssertRefused(Cut("tiny_legacy.pth", part), "truncated");

    [Fact]
    public void Open_StorageShorterThanSaid_IsRefusedByName() =>
        AssertRefused(Zip(PickleBuilder.Dictionary(p => p.Tensor("t", [4], [1])), Archives.Floats(1, 2, 3)), "t: storage model/data/0 is too short");

    [Theory]
    [InlineData(-4, "negative size")]
    [InlineData(long.MaxValue, "too short")]
    public void Open_AbsurdStorageSize_IsRefused(long count, string fault) =>
        AssertRefused(Zip(PickleBuilder.Dictionary(p => p.Tensor("t", [1], [1], storageCount: count)), Archives.Floats(1)), fault);

    [Fact]
    public void Open_StorageThatIsNotThere_IsRefused() =>
        AssertRefused(Zip(PickleBuilder.Dictionary(p => p.Tensor("t", [1], [1], key: "../../etc/passwd")), Archives.Floats(1)), "is missing in the archive");

    [Fact]
    public void Open_CompressedEntry_IsRefused()
    {
        string path = Archives.Write(
            Folder.File("bomb.pth"), CompressionLevel.SmallestSize, PickleBuilder.Dictionary(p => p.Tensor("t", [4], [1])), new byte[10_000_000]);

        AssertRefused(path, "model/data/0 is compressed");
    }

    [Fact]
    public void Open_EntryLargerThanTheFile_IsRefused()
    {
        string path = Zip(PickleBuilder.Dictionary(p => p.Tensor("t", [4], [1])), Archives.Floats(1, 2, 3, 4));
        byte[] bytes = File.ReadAllBytes(path);
        int central = bytes.AsSpan().LastIndexOf("PK\x01\x02"u8);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(central + 20), 0x7000_0000);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(central + 24), 0x7000_0000);

        AssertRefused(Save("large.pth", bytes), "reaches outside the archive");
    }

    [Fact]
    public void Open_OverlappingEntries_IsRefused()
    {
        byte[] bytes = File.ReadAllBytes(
            Zip(PickleBuilder.Dictionary(p => p.Tensor("t", [4], [1])), Archives.Floats(1, 2, 3, 4), Archives.Floats(5, 6, 7, 8)));
        int last = bytes.AsSpan().LastIndexOf("PK\x01\x02"u8);
        int before = bytes.AsSpan(0, last).LastIndexOf("PK\x01\x02"u8);
        bytes.AsSpan(before + 42, 4).CopyTo(bytes.AsSpan(last + 42)); // both say the same local header

        AssertRefused(Save("overlap.pth", bytes), "overlap");
    }

    [Fact]
    public void Open_ArchiveWithoutPickle_IsRefused()
    {
        string path = Folder.File("other.zip");
        using (ZipArchive archive = new(File.Create(path), ZipArchiveMode.Create))
            archive.CreateEntry("readme.txt", CompressionLevel.NoCompression).Open().Dispose();

        AssertRefused(path, "holds no data.pkl");
    }

    [Fact]
    public void Open_NameWithAndWithoutPrefix_IsRefused() =>
        AssertRefused(Zip(PickleBuilder.Dictionary(p => p.Tensor("t", [4], [1]).Tensor("module.t", [4], [1])), Archives.Floats(1, 2, 3, 4)), "with and without the prefix");

    [Theory]
    [InlineData("""{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,9]}}""", "lie outside the file")]
    [InlineData("""{"t":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", "outside its storage")]
    [InlineData("""{"t":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}""", "does not fill")]
    [InlineData("""{"t":{"dtype":"F32","shape":[-1],"data_offsets":[0,8]}}""", "negative")]
    [InlineData("""{"t":{"dtype":"F99","shape":[2],"data_offsets":[0,8]}}""", "F99 is not read")]
    [InlineData("""{"t":{"dtype":"F32","shape":[2]}}""", "missing or malformed")]
    [InlineData("""{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"u":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "overlap")]
    [InlineData("""{"t":""", "not JSON")]
    public void Open_BadSafeTensors_IsRefused(string header, string fault)
    {
        byte[] text = Encoding.UTF8.GetBytes(header);
        AssertRefused(Save("bad.safetensors", [.. BitConverter.GetBytes((long)text.Length), .. text, .. new byte[8]]), fault);
    }

    [Fact]
    public void Open_AnyByteOfASmallCheckpointChanged_GivesTensorsOrOneException()
    {
        byte[] whole = File.ReadAllBytes(
            Zip(PickleBuilder.Dictionary(p => p.Tensor("t", [2, 2], [2, 1]).Tensor("u", [4], [1], key: "1")), Archives.Floats(1, 2, 3, 4), Archives.Floats(5, 6, 7, 8)));
        Random random = new(20221);
        for (int i = 0; i < whole.Length; i++)
        {
            byte[] changed = [.. whole];
            changed[i] = (byte)random.Next(256);
            AssertOpensOrIsRefused(Save("changed.pth", changed));
        }
    }

    [Fact]
    public void Open_AnyByteOfALegacyHeaderChanged_GivesTensorsOrOneException()
    {
        byte[] whole = File.ReadAllBytes(Fixtures.Golden("tiny_legacy.pth"));
        Random random = new(20222);
        for (int i = 0; i < 400; i++)
        {
            byte[] changed = [.. whole];
            changed[random.Next(i < 200 ? 500 : 96_000)] = (byte)random.Next(256); // the pickles take the first 95,720 bytes
            AssertOpensOrIsRefused(Save("changed.pth", changed));
        }
    }

    [Fact]
    public void Open_NameWithControlCharacters_IsRefused() => AssertRefused(
        Zip(PickleBuilder.Dictionary(p => p.Tensor("\u001b[2J", [4], [1])), Archives.Floats(1, 2, 3, 4)), "control characters");

    private static void AssertOpensOrIsRefused(string path)
    {
        try
        {
            using var checkpoint = Checkpoint.Open(path);
            foreach (string name in checkpoint.Names)
                checkpoint.ReadFloats(name);
        }
        catch (CheckpointException problem)
        {
            Assert.StartsWith(path, problem.Message, StringComparison.Ordinal);
        }
    }
}
