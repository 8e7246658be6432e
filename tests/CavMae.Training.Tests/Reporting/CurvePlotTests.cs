using CavMae.Tests.Shared;
using CavMae.Training.Reporting;
using SkiaSharp;

namespace CavMae.Training.Tests.Reporting;

public sealed class CurvePlotTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Write_TwoPanels_DrawsBothWithAllTheirCurves()
    {
        string path = folder.File("curves.png");
        CurvePlot.Write(path, "Training: 2 epochs", [Losses(LogarithmicY: true), Losses(LogarithmicY: false)]);
        using SKBitmap picture = SKBitmap.Decode(path);
        Assert.Equal((CurvePlot.WidthPixels, CurvePlot.TitlePixels + 2 * CurvePlot.PanelPixels), (picture.Width, picture.Height));
        Assert.Equal([path], Directory.GetFiles(folder.FullPath));
        for (int panel = 0; panel < 2; panel++)
        {
            HashSet<SKColor> colours = Colours(picture, panel);
            Assert.Contains(new SKColor(0x1F, 0x5F, 0xA8), colours);
            Assert.Contains(new SKColor(0xD5, 0x5E, 0x00), colours);
        }
    }

    [Fact]
    public void Write_Twice_GivesTheSameBytesAndReplacesTheFile()
    {
        CurvePlot.Write(folder.File("first.png"), "t", [Losses(LogarithmicY: true)]);
        File.WriteAllText(folder.File("second.png"), "an earlier picture");
        CurvePlot.Write(folder.File("second.png"), "t", [Losses(LogarithmicY: true)]);
        Assert.Equal(File.ReadAllBytes(folder.File("first.png")), File.ReadAllBytes(folder.File("second.png")));
    }

    [Fact]
    public void Write_NumbersThatCannotBeDrawn_AreLeftOut()
    {
        (double X, double Y)[] odd =
        [
            (0, 1), (1, double.NaN), (2, double.PositiveInfinity), (3, 0), (4, -1), (double.NaN, 1), (5, 2), (6, double.MaxValue), (7, double.Epsilon), (8, 3),
        ];
        foreach (bool logarithmic in (bool[])[false, true])
            CurvePlot.Write(folder.File($"{logarithmic}.png"), "odd", [new CurvePanel("odd", "step", [new Curve("odd", odd)], logarithmic)]);
        Assert.Equal(2, Directory.GetFiles(folder.FullPath).Length);
    }

    [Fact]
    public void Write_NothingToDraw_GivesAnEmptyChart()
    {
        CurvePlot.Write(folder.File("none.png"), "", []);
        CurvePlot.Write(folder.File("empty.png"), "é → unknown characters", [new CurvePanel("", "", []), new CurvePanel("t", "x", [new Curve("c", [])], LogarithmicY: true)]);
        CurvePlot.Write(folder.File("one.png"), "one", [new CurvePanel("one", "epoch", [new Curve("c", [(1, 5)])])]);
        Assert.Equal(3, Directory.GetFiles(folder.FullPath).Length);
    }

    [Fact]
    public void Write_LongTextsAndManyCurves_StayInThePicture()
    {
        Curve[] curves = [.. Enumerable.Range(0, 40).Select(i => new Curve(new string('W', 100), [(0, i), (1, -i)]))];
        CurvePlot.Write(folder.File("many.png"), new string('T', 500), [new CurvePanel(new string('P', 500), new string('X', 500), curves)]);
        using SKBitmap picture = SKBitmap.Decode(folder.File("many.png"));
        Assert.Equal(SKColors.White, picture.GetPixel(CurvePlot.WidthPixels - 1, CurvePlot.TitlePixels + 30));
    }

    [Fact]
    public void Write_DiskFull_KeepsTheEarlierPicture()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "this system has no /dev/full, the device that is always full");
        string path = folder.File("curves.png");
        File.WriteAllText(path, "earlier");
        File.CreateSymbolicLink(path + ".partial", "/dev/full");
        Assert.Throws<IOException>(() => CurvePlot.Write(path, "t", [Losses(LogarithmicY: false)]));
        Assert.Equal("earlier", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(folder.FullPath));
    }

    private static CurvePanel Losses(bool LogarithmicY)
    {
        Random random = new(1);
        Curve training = new("training", [.. Enumerable.Range(0, 20_000).Select(step => (step / 1000.0, 3 * Math.Exp(-step / 5000.0) + 0.02 + 0.2 * random.NextDouble()))]);
        Curve validation = new("validation", [.. Enumerable.Range(1, 20).Select(epoch => ((double)epoch, epoch == 7 ? double.NaN : 3 * Math.Exp(-epoch / 5.0) + 0.15))]);
        return new CurvePanel(LogarithmicY ? "Loss, logarithmic" : "Loss", "epoch", [training, validation], LogarithmicY);
    }

    private static HashSet<SKColor> Colours(SKBitmap picture, int panel)
    {
        HashSet<SKColor> colours = [];
        for (int y = 0; y < CurvePlot.PanelPixels; y++)
        {
            for (int x = 80; x < 770; x++) // inside the axes: the legend does not count
                colours.Add(picture.GetPixel(x, CurvePlot.TitlePixels + panel * CurvePlot.PanelPixels + y));
        }
        return colours;
    }
}
