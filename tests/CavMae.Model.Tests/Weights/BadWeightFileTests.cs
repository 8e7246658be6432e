using System.Text;
using CavMae.Checkpoints;
using CavMae.Model.Tests.Support;
using CavMae.Tests.Shared;

namespace CavMae.Model.Tests.Weights;

/// <summary>Files that do not fit or are damaged: a <see cref="CheckpointException"/> that says why, and a model as it was.</summary>
public sealed class BadWeightFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly CavMaeModel model = SmallModel.Create(SmallModel.Options(), seed: 1);
    private readonly Dictionary<string, float[]> before;
    private readonly List<CavMaeModel> others = [];

    public BadWeightFileTests() => before = SmallModel.Values(model);

    public void Dispose()
    {
        others.ForEach(other => other.Dispose());
        model.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void Load_MissingExtraAndMisshaped_NamesAllAndChangesNothing()
    {
        List<TensorToWrite> tensors = Tensors(model);
        tensors.RemoveAll(tensor => tensor.Name is "norm.bias" or "blocks_a.0.mlp.fc2.weight");
        Replace(tensors, "mask_token", [SmallModel.Width, 1, 1]);
        Replace(tensors, "blocks_u.0.attn.qkv.weight", [SmallModel.Width, 3 * SmallModel.Width]);
        tensors.Add(new TensorToWrite("blocks_u.1.norm1.bias", [SmallModel.Width], _ => { }));
        tensors.Add(new TensorToWrite("cls_token", [], _ => { }));

        string message = LoadFails(Written(tensors));

        Assert.Contains("Missing (2): ", message, StringComparison.Ordinal);
        Assert.Contains("norm.bias", message, StringComparison.Ordinal);
        Assert.Contains("blocks_a.0.mlp.fc2.weight", message, StringComparison.Ordinal);
        Assert.Contains("Mis-shaped (2): ", message, StringComparison.Ordinal);
        Assert.Contains("mask_token [8, 1, 1] instead of [1, 1, 8]", message, StringComparison.Ordinal);
        Assert.Contains("blocks_u.0.attn.qkv.weight [8, 24] instead of [24, 8]", message, StringComparison.Ordinal);
        Assert.Contains("Extra (2): blocks_u.1.norm1.bias, cls_token.", message, StringComparison.Ordinal);
        Assert.Contains(folder.FullPath, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_TensorsOfATrainingState_TakesThemOnlyWhereTold()
    {
        List<TensorToWrite> tensors = Tensors(model);
        tensors.Add(new TensorToWrite("optimizer.step", [1], _ => { }));
        using Checkpoint checkpoint = Written(tensors);

        Assert.Throws<CheckpointException>(() => CavMaeWeights.Load(model, checkpoint));
        CavMaeWeights.Load(model, checkpoint, name => name.StartsWith("optimizer.", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(12, 1, 1)]
    [InlineData(8, 2, 1)]
    [InlineData(8, 1, 2)]
    public void Load_CheckpointOfOtherSizes_IsRefusedAndChangesNothing(int width, int modalityDepth, int sharedDepth)
    {
        using CavMaeModel other = new(SmallModel.Options(modalityDepth, sharedDepth) with { EmbedDim = width });
        LoadFails(Written(Tensors(other)));
    }

    [Fact]
    public void Load_OneTensorOfIntegers_IsNamedAndChangesNothing()
    {
        // Only reading finds it, when most of the file has been read.
        byte[] file = Saved();
        string header = Encoding.ASCII.GetString(file, 8, BitConverter.ToInt32(file));
        file[8 + header.LastIndexOf("F32", StringComparison.Ordinal)] = (byte)'I';
        File.WriteAllBytes(folder.File("integers"), file);

        Assert.Contains("Int32", LoadFails(Checkpoint.Open(folder.File("integers"))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tiny.pth")]
    [InlineData("tiny_legacy.pth")]
    [InlineData("safetensors")]
    public void Open_FileCutShort_IsRefused(string kind)
    {
        byte[] file = kind == "safetensors" ? Saved() : File.ReadAllBytes(Fixtures.Golden(kind));
        foreach (int length in (int[])[0, 1, 7, 8, 100, 5_000, file.Length / 4, file.Length / 2, file.Length - 1_000, file.Length - 1])
        {
            File.WriteAllBytes(folder.File("short"), file[..length]);
            CheckpointException problem = Assert.Throws<CheckpointException>(() => OpenAndLoad(folder.File("short")));
            Assert.Contains("short", problem.Message, StringComparison.Ordinal);
        }
        AssertUnchanged();
    }

    [Fact]
    public void OpenFindAndLoad_DamagedHeader_GivesNoOtherException()
    {
        byte[] file = Saved();
        int headerBytes = BitConverter.ToInt32(file);
        Random random = new(7);
        for (int round = 0; round < 400; round++)
        {
            byte[] damaged = [.. file];
            for (int flip = random.Next(1, 4); flip > 0; flip--)
                damaged[random.Next(8 + headerBytes)] = round % 2 == 0 ? (byte)random.Next(256) : (byte)('0' + random.Next(10));
            File.WriteAllBytes(folder.File("damaged"), damaged);
            Exception? problem = Record.Exception(() => OpenAndLoad(folder.File("damaged")));
            Assert.True(problem is null or CheckpointException, $"round {round}: {problem}");
        }
    }

    [Theory]
    [InlineData("""{"\ud800":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}""")]
    [InlineData("""{"a":{"dtype":"\udc00","shape":[],"data_offsets":[0,4]}}""")]
    [InlineData("""{"__metadata__":{"note":"\ud800"},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}""")]
    public void Open_HeaderWithHalfASurrogatePair_IsRefused(string header)
    {
        File.WriteAllBytes(folder.File("half"), [.. BitConverter.GetBytes((long)header.Length), .. Encoding.ASCII.GetBytes(header), 0, 0, 0, 0]);
        Assert.Throws<CheckpointException>(() => Checkpoint.Open(folder.File("half")));
    }

    [Theory]
    [InlineData("norm_a.weight")]
    [InlineData("decoder_norm.weight")]
    [InlineData("blocks_u.0.mlp.fc1.weight")]
    public void FindOptions_TensorOfNoElements_IsRefused(string name)
    {
        List<TensorToWrite> tensors = Tensors(model);
        int place = tensors.FindIndex(tensor => tensor.Name == name);
        tensors[place] = new TensorToWrite(name, [.. tensors[place].Shape.Select(_ => 0L)], _ => { });
        using Checkpoint checkpoint = Written(tensors);
        CheckpointException problem = Assert.Throws<CheckpointException>(() => CavMaeWeights.FindOptions(checkpoint, 2, 2));
        Assert.Contains(name, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FindOptions_CheckpointWithoutDecoder_IsRefused()
    {
        List<TensorToWrite> tensors = Tensors(model);
        tensors.RemoveAll(tensor => tensor.Name.StartsWith("decoder", StringComparison.Ordinal));
        using Checkpoint checkpoint = Written(tensors);
        CheckpointException problem = Assert.Throws<CheckpointException>(() => CavMaeWeights.FindOptions(checkpoint, 2, 2));
        Assert.Contains("decoder_norm.weight", problem.Message, StringComparison.Ordinal);
    }

    private void OpenAndLoad(string path)
    {
        using var checkpoint = Checkpoint.Open(path);
        CavMaeWeights.FindOptions(checkpoint, SmallModel.Heads, SmallModel.Heads);
        CavMaeWeights.Load(model, checkpoint);
    }

    private string LoadFails(Checkpoint checkpoint)
    {
        using (checkpoint)
        {
            CheckpointException problem = Assert.Throws<CheckpointException>(() => CavMaeWeights.Load(model, checkpoint));
            AssertUnchanged();
            return problem.Message;
        }
    }

    private void AssertUnchanged() => Same.Bits(before, SmallModel.Values(model));

    private byte[] Saved()
    {
        CavMaeWeights.Save(model, folder.File("saved"));
        return File.ReadAllBytes(folder.File("saved"));
    }

    private Checkpoint Written(List<TensorToWrite> tensors)
    {
        SafeTensorsWriter.Write(folder.File("written"), tensors);
        return Checkpoint.Open(folder.File("written"));
    }

    /// <summary>Other weights of the same sizes.</summary>
    private List<TensorToWrite> Tensors(CavMaeModel like)
    {
        CavMaeModel other = SmallModel.Create(like.Options, seed: 2);
        others.Add(other); // Kept until the tensors are written: a dropped model takes its parameters along.
        return [.. other.named_parameters().Select(named => CavMaeWeights.ToWrite(named.name, named.parameter))];
    }

    private static void Replace(List<TensorToWrite> tensors, string name, long[] shape) =>
        tensors[tensors.FindIndex(tensor => tensor.Name == name)] = new TensorToWrite(name, shape, _ => { });
}
