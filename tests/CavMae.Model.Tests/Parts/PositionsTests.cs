using CavMae.Checkpoints;
using CavMae.Model.Tests.Support;
using CavMae.Tests.Shared;
using TorchSharp;
using static TorchSharp.torch;

namespace CavMae.Model.Tests.Parts;

public sealed class PositionsTests
{
    [Theory]
    [InlineData("pos_embed_a", 8, 64)]
    [InlineData("pos_embed_v", 14, 14)]
    [InlineData("decoder_pos_embed_a", 8, 64)]
    [InlineData("decoder_pos_embed_v", 14, 14)]
    public void SinCos_RecordedTable_EqualsIt(string name, int rows, int columns)
    {
        using DisposeScope scope = NewDisposeScope();
        using var checkpoint = Checkpoint.Open(Fixtures.Golden("tiny.pth"));
        Tensor recorded = tensor(checkpoint.ReadFloats(name), [.. checkpoint[name].Shape]);
        Close.Absolute(recorded, Positions.SinCos(width: 32, rows, columns), Tolerances.TableEntry);
    }

    [Theory]
    // Width 8: ω = 1, 0.01. A token's numbers: sin(c), sin(c/100), cos(c), cos(c/100), then the same of the row.
    [InlineData(0, 0, new[] { 0, 0, 1, 1, 0, 0, 1, 1.0 })]
    [InlineData(0, 1, new[] { 0.8414709848, 0.0099998333, 0.5403023059, 0.9999500004, 0, 0, 1, 1 })]
    [InlineData(2, 3, new[] { 0.1411200081, 0.0299955002, -0.9899924966, 0.9995500337, 0.9092974268, 0.0199986667, -0.4161468365, 0.9998000067 })]
    [InlineData(7, 63, new[] { 0.1673557003, 0.5891447579, 0.9858965816, 0.8080275083, 0.6569865987, 0.0699428473, 0.7539022543, 0.9975510003 })]
    public void SinCos_OneToken_EqualsTheFormula(int row, int column, double[] expected)
    {
        float[] table = SmallModel.Values(Positions.SinCos(width: 8, rows: 8, columns: 64));
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], table[(row * 64 + column) * 8 + i], Tolerances.TableEntry);
    }

    [Fact]
    public void SinCos_Shape_IsOneRowAToken() => Assert.Equal([1, 196, 12], Positions.SinCos(width: 12, rows: 14, columns: 14).shape);
}
