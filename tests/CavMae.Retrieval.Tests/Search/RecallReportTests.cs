using CavMae.Retrieval.Search;

namespace CavMae.Retrieval.Tests.Search;

public sealed class RecallReportTests
{
    /// <summary>Scores of six sounds (rows) against six pictures; ranks by hand: 1, 2, 6, 1, 3, 1.5 (a tie for the first place).</summary>
    private static readonly float[] Six =
    [
        0.9f, 0.1f, 0.2f, 0.3f, 0.4f, 0.5f,
        0.8f, 0.7f, 0.1f, 0.2f, 0.3f, 0.4f,
        0.2f, 0.3f, 0.1f, 0.4f, 0.5f, 0.6f,
        0.0f, 0.1f, 0.2f, 0.9f, 0.3f, 0.4f,
        0.9f, 0.8f, 0.1f, 0.2f, 0.6f, 0.5f,
        0.7f, 0.1f, 0.2f, 0.3f, 0.4f, 0.7f,
    ];

    [Fact]
    public void FromScores_SixPairs_GivesTheRanksCountedByHand()
    {
        Assert.Equal([1, 2, 6, 1, 3, 1.5], RetrievalRanks.FromScores(Six, 6));

        RecallReport report = RecallReport.FromScores(Six, 6);

        Assert.Equal((6, 6), (report.Queries, report.Candidates));
        Assert.Equal(2 / 6.0, report.RecallAt1);
        Assert.Equal(5 / 6.0, report.RecallAt5);
        Assert.Equal(1, report.RecallAt10);
        Assert.Equal(1.75, report.MedianRank);
    }

    [Fact]
    public void FromScores_ColumnsAsk_RanksTheRowsOfEachColumn()
    {
        // Column 0: sounds 0 and 4 share 0.9. Column 1: 0.7 is below 0.8 alone. Column 2: three hold 0.2, and three share 0.1, the middle of which is place 5.
        Assert.Equal([1.5, 2, 5, 1, 1, 1], RetrievalRanks.FromScores(Six, 6, columnsAsk: true));
    }

    [Fact]
    public void FromScores_EverythingAlike_StandsInTheMiddle()
    {
        RecallReport report = RecallReport.FromScores(new float[100], 10);

        Assert.Equal((0, 0, 1), (report.RecallAt1, report.RecallAt5, report.RecallAt10));
        Assert.Equal(5.5, report.MedianRank);
        Assert.Equal(report.ChanceMedianRank, report.MedianRank);
    }

    [Fact]
    public void FromScores_OneQuery_IsFirst() => Assert.Equal(new RecallReport(1, 1, 1, 1, 1, 1), RecallReport.FromScores([-0.3f], 1));

    [Fact]
    public void OfPartner_TieAndBetter_StandsInTheMiddleOfTheRun() => Assert.Equal(3, RetrievalRanks.OfPartner([0.5f, 0.9f, 0.5f, 0.5f, 0.1f], 2));

    [Fact]
    public void FromRanks_EvenNumber_TakesTheMeanOfTheTwoInTheMiddle() => Assert.Equal(3.5, RecallReport.FromRanks([1, 2, 5, 90], 100).MedianRank);

    [Fact]
    public void Chance_FewCandidates_IsAtMostCertain()
    {
        RecallReport report = RecallReport.FromRanks([1], 8);

        Assert.Equal((1 / 8.0, 5 / 8.0, 1, 4.5), (report.ChanceAt(1), report.ChanceAt(5), report.ChanceAt(10), report.ChanceMedianRank));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    public void FromScores_NotANumber_IsRefusedByPlace(int row, int column)
    {
        float[] scores = [1, 2, 3, 4];
        scores[(row * 2) + column] = float.NaN;

        foreach (bool columnsAsk in (bool[])[false, true])
        {
            ArgumentException refusal = Assert.Throws<ArgumentException>(() => RecallReport.FromScores(scores, 2, columnsAsk));
            Assert.Contains($"row {row}, column {column}", refusal.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void FromScores_OtherShape_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => RecallReport.FromScores([1, 2, 3], 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => RecallReport.FromScores([], 0));
    }

    [Fact]
    public void FromRanks_OutOfRange_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => RecallReport.FromRanks([], 3));
        Assert.Throws<ArgumentException>(() => RecallReport.FromRanks([0.5], 3));
        Assert.Throws<ArgumentException>(() => RecallReport.FromRanks([4], 3));
        Assert.Throws<ArgumentException>(() => RecallReport.FromRanks([1, double.NaN], 3));
    }
}
