namespace CavMae.Training.Reporting;

/// <summary>One chart of a picture: its axes and the curves in it.</summary>
/// <param name="Title">Stands above the chart.</param>
/// <param name="XLabel">Stands below the horizontal axis.</param>
/// <param name="Curves">Drawn in this order; may be empty.</param>
/// <param name="LogarithmicY">Powers of ten on the vertical axis; values that are not positive are then left out.</param>
public sealed record CurvePanel(string Title, string XLabel, IReadOnlyList<Curve> Curves, bool LogarithmicY = false);

/// <summary>A line through points in ascending order of X; points that are not finite are left out and interrupt it.</summary>
/// <param name="Name">For the legend.</param>
/// <param name="Points">Any number.</param>
public sealed record Curve(string Name, IReadOnlyList<(double X, double Y)> Points);
