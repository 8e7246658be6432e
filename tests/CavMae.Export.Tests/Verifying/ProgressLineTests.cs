using CavMae.Export.Verifying;

namespace CavMae.Export.Tests.Verifying;

public sealed class ProgressLineTests
{
    [Fact]
    public void Report_OnATerminal_WritesOverOneLineAndClearsIt()
    {
        using StringWriter written = new();
        ProgressLine line = new(written, isTerminal: true);

        line.Report("Comparing", 1, 2, scenes: 3);
        line.Report("Comparing", 2, 2, scenes: 4);
        line.Clear();

        Assert.StartsWith("\rComparing: 1 of 2 files, 3 scenes, 0:00:0", written.ToString(), StringComparison.Ordinal);
        Assert.Contains("\rComparing: 2 of 2 files", written.ToString(), StringComparison.Ordinal);
        Assert.EndsWith(" \r", written.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("\n", written.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Report_ElsewhereAndSoon_WritesNothing()
    {
        using StringWriter written = new();
        ProgressLine line = new(written, isTerminal: false);

        line.Report("Comparing", 1, 2, scenes: 3);
        line.Report("Comparing", 2, 2, scenes: 4);
        line.Clear();

        Assert.Equal("", written.ToString());
    }
}
