using CavMae.Training.Data.Sets;

namespace CavMae.Training.Tests.Data;

public sealed class DatasetFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Write_ThenRead_GivesTheSameWithAbsolutePaths()
    {
        string path = _folder.File("dataset.json"), elsewhere = Path.GetFullPath("/elsewhere/b.flac");
        DatasetFile.Write(path, [new("ä1", "audio/ä1.wav", "frames", ["/m/1", "/m/2"]), new("b", elsewhere, "frames", [])]);

        DatasetFile file = DatasetFile.Read(path);

        Assert.Equal(("ä1", _folder.File("audio/ä1.wav"), _folder.File("frames")), (file.Entries[0].VideoId, file.Entries[0].Wav, file.Entries[0].VideoPath));
        Assert.Equal(["/m/1", "/m/2"], file.Entries[0].Labels);
        Assert.Equal(elsewhere, file.Entries[1].Wav);
        Assert.Empty(file.Entries[1].Labels);
        Assert.Equal(_folder.File("frames/frame_7/ä1.jpg"), file.Entries[0].FramePath(7));
        Assert.Equal([path], Directory.GetFiles(_folder.FullPath));
    }

    [Theory]
    [InlineData("", "is no data set list")]
    [InlineData("{", "is no data set list")]
    [InlineData("null", "has no \"data\"")]
    [InlineData("{\"clips\":[]}", "has no \"data\"")]
    [InlineData("{\"data\":[]}", "is empty")]
    [InlineData("{\"data\":[null]}", "clip 0 (from 0) has no \"video_id\"")]
    [InlineData("{\"data\":[{\"video_id\":\"a\",\"wav\":\"a.wav\",\"video_path\":\"f\"},{\"video_id\":\"b\",\"video_path\":\"f\"}]}", "clip 1 (from 0) has no \"wav\"")]
    [InlineData("{\"data\":[{\"video_id\":\"a\",\"wav\":\"a.wav\",\"video_path\":\"\"}]}", "clip 0 (from 0) has no \"video_path\"")]
    [InlineData("{\"data\":[{\"video_id\":3}]}", "is no data set list")]
    public void Read_BadFile_SaysWhatIsWrong(string text, string fault)
    {
        string path = _folder.File("bad.json");
        File.WriteAllText(path, text);
        string message = Assert.Throws<DatasetException>(() => DatasetFile.Read(path)).Message;
        Assert.Contains(fault, message, StringComparison.Ordinal);
        Assert.Contains(path, message, StringComparison.Ordinal);
    }

    [Fact]
    public void RequireFiles_SomeMissing_NamesThem()
    {
        DatasetFile file = Clips.Make(_folder.FullPath, [], []);
        file.RequireFiles();
        File.Delete(file.Entries[1].Wav);
        File.Delete(file.Entries[0].FramePath(0));
        string message = Assert.Throws<DatasetException>(file.RequireFiles).Message;
        Assert.Contains($"2 files are missing: {file.Entries[0].FramePath(0)}, {file.Entries[1].Wav}", message, StringComparison.Ordinal);
    }

    [Fact]
    public void LabelTable_QuotedNames_AreRead()
    {
        string path = _folder.File("labels.csv");
        File.WriteAllText(path, "index,mid,display_name\r\n1,/m/b,\"He said \"\"hi\"\", twice\"\r\n0,/m/a,Speech");
        LabelTable table = LabelTable.Read(path);
        Assert.Equal([new(0, "/m/a", "Speech"), new(1, "/m/b", "He said \"hi\", twice")], table.Labels);
        Assert.Equal(1, table.Find("/m/b")?.Index);
        Assert.Null(table.Find("/m/c"));
    }

    [Fact]
    public void LabelTable_Written_ReadsTheSame()
    {
        string path = _folder.File("labels.csv");
        Label[] labels = [new(1, "/m/b", "He said \"hi\", twice"), new(0, "/m/a", "\""), new(2, "a,b", "two\r\nlines "), new(3, "/m/d", ""), new(4, "ü", "Glöckchen")];

        LabelTable.Write(path, labels);

        Assert.Equal(labels.OrderBy(label => label.Index), LabelTable.Read(path).Labels);
        Assert.StartsWith("index,mid,display_name\n0,/m/a,\"\"\"\"\n1,/m/b,\"He said \"\"hi\"\", twice\"\n", File.ReadAllText(path), StringComparison.Ordinal);
    }

    [Fact]
    public void LabelTable_WrittenWithGapsOrTwice_IsRefusedAndNothingWritten()
    {
        string path = _folder.File("labels.csv");
        Assert.Contains("1 is missing", Refused(new(0, "a", ""), new(2, "b", "")), StringComparison.Ordinal);
        Assert.Contains("'a' is there a second time", Refused(new(0, "a", ""), new(1, "a", "")), StringComparison.Ordinal);
        Assert.Contains("holds no labels", Refused(), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder.FullPath));

        string Refused(params Label[] labels) => Assert.Throws<DatasetException>(() => LabelTable.Write(path, labels)).Message;
    }

    [Fact]
    public void LabelTable_LabelNotInIt_IsNamedWithItsClip()
    {
        LabelTable table = Clips.Labels(_folder, "/m/a");
        string message = Assert.Throws<DatasetException>(() => table.IndicesOf(new DatasetEntry("rex", "", "", ["/m/a", "/m/x"]))).Message;
        Assert.StartsWith("The label '/m/x' of 'rex' is not in ", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "holds no labels")]
    [InlineData("index,mid,display_name\n", "holds no labels")]
    [InlineData("id,mid,display_name\n0,a,b", "line 1: the header is")]
    [InlineData("index,mid,display_name\n0,a,Speech, loud", "line 2: there are 4 fields, not 3")]
    [InlineData("index,mid,display_name\n\n0,a,\"two\nlines\"\nx,b,c", "line 5: the index is 'x'")]
    [InlineData("index,mid,display_name\n0,a,b\n1,a,c", "line 3: 'a' is there a second time")]
    [InlineData("index,mid,display_name\n0,a,b\n2,c,d", "1 is missing")]
    [InlineData("index,mid,display_name\n0,a,b\n0,c,d", "1 is missing")]
    [InlineData("index,mid,display_name\n0,a,\"b", "line 2: a quote is not closed")]
    [InlineData("index,mid,display_name\n0,a,\"b\"c", "line 2: behind a closing quote stands 'c'")]
    public void LabelTable_BadFile_SaysWhatIsWrong(string text, string fault)
    {
        string path = _folder.File("bad.csv");
        File.WriteAllText(path, text);
        Assert.Contains(fault, Assert.Throws<DatasetException>(() => LabelTable.Read(path)).Message, StringComparison.Ordinal);
    }
}
