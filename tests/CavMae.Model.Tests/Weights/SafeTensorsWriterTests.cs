using CavMae.Checkpoints;
using CavMae.Tests.Shared;

namespace CavMae.Model.Tests.Weights;

/// <summary>Writing that fails: the file that was there stays as it was, and nothing is left beside it.</summary>
public sealed class SafeTensorsWriterTests : IDisposable
{
    private static readonly TensorToWrite Ones = new("ones", [3], destination => destination.Fill(1));

    private readonly TemporaryFolder folder = new();
    private readonly string path;
    private readonly byte[] before;

    public SafeTensorsWriterTests()
    {
        path = folder.File("weights.safetensors");
        SafeTensorsWriter.Write(path, [Ones]);
        before = File.ReadAllBytes(path);
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Write_DiskFull_KeepsTheEarlierFile()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "this system has no /dev/full, the device that is always full");
        File.CreateSymbolicLink(path + ".partial", "/dev/full");
        Assert.Throws<IOException>(() => SafeTensorsWriter.Write(path, [new TensorToWrite("large", [1_000_000], _ => { })]));
        AssertOnlyTheEarlierFile();
    }

    [Fact]
    public void Write_TensorThatCannotBeFetched_KeepsTheEarlierFile()
    {
        TensorToWrite broken = new("broken", [2], _ => throw new InvalidOperationException("out of memory"));
        Assert.Throws<InvalidOperationException>(() => SafeTensorsWriter.Write(path, [Ones, broken]));
        AssertOnlyTheEarlierFile();
    }

    [Fact]
    public void Write_FolderInThePlaceOfThePartialFile_KeepsBoth()
    {
        Directory.CreateDirectory(path + ".partial");
        Assert.Throws<UnauthorizedAccessException>(() => SafeTensorsWriter.Write(path, [Ones]));
        Assert.Equal(before, File.ReadAllBytes(path));
        Assert.True(Directory.Exists(path + ".partial"));
    }

    [Fact]
    public void Write_FolderInThePlaceOfTheFile_LeavesNothingBehind()
    {
        string taken = folder.File("taken");
        Directory.CreateDirectory(taken);
        Assert.ThrowsAny<IOException>(() => SafeTensorsWriter.Write(taken, [Ones]));
        Assert.True(Directory.Exists(taken));
        AssertOnlyTheEarlierFile();
    }

    [Fact]
    public void Write_FolderThatIsNotThere_SaysSo()
    {
        Assert.Throws<DirectoryNotFoundException>(() => SafeTensorsWriter.Write(folder.File("none/weights"), [Ones]));
        AssertOnlyTheEarlierFile();
    }

    [Fact]
    public void Write_PartialFileOfAnotherWriter_IsLeftToIt()
    {
        using FileStream other = new(path + ".partial", FileMode.Create, FileAccess.Write, FileShare.None);
        Assert.ThrowsAny<IOException>(() => SafeTensorsWriter.Write(path, [Ones]));
        Assert.True(File.Exists(path + ".partial"));
        Assert.Equal(before, File.ReadAllBytes(path));
    }

    [Fact]
    public void Write_PartialFileOfACrash_IsReplaced()
    {
        File.WriteAllText(path + ".partial", "half a file");
        SafeTensorsWriter.Write(path, [Ones]);
        AssertOnlyTheEarlierFile();
    }

    [Fact]
    public void Write_OddShapesAndNames_ReadBack()
    {
        TensorToWrite[] tensors = [new("scalar", [], one => one[0] = 7), new("none", [0, 3], _ => { }), new("quote\" é", [1, 2], two => two[1] = -1)];
        SafeTensorsWriter.Write(path, tensors, new Dictionary<string, string> { ["note"] = "line\n\"two\"" });
        using var file = SafeTensors.Open(path);
        Assert.Equal([7], file.ReadFloats("scalar"));
        Assert.Empty(file.Shape("scalar"));
        Assert.Empty(file.ReadFloats("none"));
        Assert.Equal([0, -1], file.ReadFloats("quote\" é"));
        Assert.Equal("line\n\"two\"", file.Metadata["note"]);
    }

    private void AssertOnlyTheEarlierFile()
    {
        Assert.Equal([path], Directory.GetFiles(folder.FullPath));
        Assert.Equal(before, File.ReadAllBytes(path));
    }
}
