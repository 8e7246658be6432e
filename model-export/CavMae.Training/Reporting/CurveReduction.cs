namespace CavMae.Training.Reporting;

/// <summary>Makes long curves short enough to draw without changing how they look.</summary>
internal static class CurveReduction
{
    /// <summary>
    /// Cuts a curve where points cannot be drawn, and keeps of each run of points that share a pixel column the first, the lowest,
    /// the highest and the last: at most four points a column, every extreme among them.
    /// </summary>
    /// <param name="columnOf">A point's pixel column.</param>
    /// <param name="canDraw">False for points to leave out.</param>
    /// <returns>Unbroken pieces, none of them empty.</returns>
    public static List<List<(double X, double Y)>> Reduce(
        IReadOnlyList<(double X, double Y)> points, Func<double, int> columnOf, Func<(double X, double Y), bool> canDraw)
    {
        List<List<(double X, double Y)>> pieces = [];
        List<(double X, double Y)>? piece = null;
        List<(double X, double Y)> column = [];
        foreach ((double X, double Y) point in points)
        {
            if (!canDraw(point))
            {
                Flush(column, piece);
                piece = null;
                continue;
            }
            if (piece is null)
                pieces.Add(piece = []);
            if (column.Count > 0 && columnOf(column[0].X) != columnOf(point.X))
                Flush(column, piece);
            Add(column, point);
        }
        Flush(column, piece);
        return pieces;
    }

    /// <summary>Keeps at most five points of a column: the outer ones, the extremes, and the newest.</summary>
    private static void Add(List<(double X, double Y)> column, (double X, double Y) point)
    {
        column.Add(point);
        if (column.Count <= 4)
            return;
        int lowest = 0, highest = 0;
        for (int i = 1; i < column.Count; i++)
        {
            if (column[i].Y < column[lowest].Y)
                lowest = i;
            if (column[i].Y > column[highest].Y)
                highest = i;
        }
        int dispensable = Enumerable.Range(1, column.Count - 2).First(i => i != lowest && i != highest);
        column.RemoveAt(dispensable);
    }

    private static void Flush(List<(double X, double Y)> column, List<(double X, double Y)>? piece)
    {
        piece?.AddRange(column);
        column.Clear();
    }
}
