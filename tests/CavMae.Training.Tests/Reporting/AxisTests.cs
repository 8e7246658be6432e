using CavMae.Training.Reporting;

namespace CavMae.Training.Tests.Reporting;

public sealed class AxisTests
{
    [Theory]
    [InlineData(0, 25, "0 5 10 15 20 25")]
    [InlineData(0, 1, "0 0.2 0.4 0.6 0.8 1")]
    [InlineData(-0.3, 0.3, "-0.3 -0.2 -0.1 0 0.1 0.2 0.3")]
    [InlineData(0.00021, 0.00095, "4E-4 6E-4 8E-4")]
    [InlineData(123_000, 2_345_000, "500000 1E6 1.5E6 2E6")]
    public void Around_LinearRange_TicksAtRoundNumbers(double from, double to, string expected)
    {
        Axis axis = Axis.Around([from, to], isLogarithmic: false, margin: 0);
        string labels = string.Join(' ', axis.Ticks.Select(Axis.Label));
        Assert.Equal(expected, labels);
    }

    [Theory]
    [InlineData(0.01, 10, "0.01 0.1 1 10")]
    [InlineData(0.9, 6, "1 2 5")]
    [InlineData(1e-8, 1e6, "1E-8 1E-6 1E-4 0.01 1 100 10000 1E6")]
    public void Around_LogarithmicRange_TicksAtPowersOfTen(double from, double to, string expected)
    {
        Axis axis = Axis.Around([from, to], isLogarithmic: true, margin: 0);
        Assert.Equal(expected, string.Join(' ', axis.Ticks.Select(Axis.Label)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Around_AnyRange_HasFewAscendingTicksOfDifferentLabels(bool isLogarithmic)
    {
        Random random = new(3);
        for (int round = 0; round < 300; round++)
        {
            double from = Math.Pow(10, 12 * random.NextDouble() - 6), to = from + Math.Pow(10, 12 * random.NextDouble() - 6);
            Axis axis = Axis.Around([from, to], isLogarithmic, margin: 0.05);
            Assert.InRange(axis.Ticks.Count, isLogarithmic ? 0 : 1, 12);
            Assert.Equal(axis.Ticks.Order(), axis.Ticks);
            Assert.All(axis.Ticks, tick => Assert.InRange(axis.ShareOf(tick), -1e-6, 1 + 1e-6));
        }
    }

    [Theory]
    [InlineData(5, false)]
    [InlineData(0, false)]
    [InlineData(-1e-12, false)]
    [InlineData(0.1, true)]
    public void Around_OneValue_PutsItInTheMiddle(double value, bool isLogarithmic) =>
        Assert.Equal(0.5, Axis.Around([value], isLogarithmic, margin: 0.05).ShareOf(value), 1e-9);

    [Fact]
    public void Reduce_LongCurve_KeepsEveryExtremeAndFewPoints()
    {
        Random random = new(4);
        (double X, double Y)[] points = [.. Enumerable.Range(0, 100_000).Select(i => (i / 1000.0, random.NextDouble()))];
        points[40_321].Y = 50;
        points[77_777].Y = -50;
        var pieces = CurveReduction.Reduce(points, x => (int)(x * 5), _ => true);
        Assert.Single(pieces);
        Assert.InRange(pieces[0].Count, 500, 4 * 501);
        Assert.Equal((50, -50), (pieces[0].Max(point => point.Y), pieces[0].Min(point => point.Y)));
        Assert.Equal(pieces[0].Select(point => point.X).Order(), pieces[0].Select(point => point.X));
        for (int column = 0; column < 500; column++)
        {
            double highest = points.Skip(column * 200).Take(200).Max(point => point.Y);
            Assert.Contains(pieces[0], point => point.Y == highest);
        }
    }

    [Fact]
    public void Reduce_PointsLeftOut_CutTheCurve()
    {
        (double X, double Y)[] points = [(0, double.NaN), (1, 1), (2, 2), (3, double.NaN), (4, double.NaN), (5, 5), (6, double.NaN)];
        var pieces = CurveReduction.Reduce(points, x => (int)x, point => !double.IsNaN(point.Y));
        Assert.Equal([[(1, 1), (2, 2)], [(5, 5)]], pieces);
    }

    [Fact]
    public void BitmapFont_PrintableCharacters_AreThere()
    {
        foreach (char character in "abcxyzABCXYZ0123456789 .,:;-+=_*/()[]<>%&@!?'\"")
            Assert.True(BitmapFont.Has(character), $"no glyph for {character}");
        Assert.False(BitmapFont.Has('→'));
        Assert.Equal("abc..", BitmapFont.Fit("abcdefgh", BitmapFont.Measure("12345", 2), 2));
    }
}
