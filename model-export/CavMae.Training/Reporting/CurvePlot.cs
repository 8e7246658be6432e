namespace CavMae.Training.Reporting;

/// <summary>stub</summary>
public sealed record Curve(string Name, IReadOnlyList<(double X, double Y)> Points);

/// <summary>stub</summary>
public sealed record CurvePanel(string Title, string XLabel, IReadOnlyList<Curve> Curves, bool LogarithmicY = false);

/// <summary>stub</summary>
public static class CurvePlot
{
    public static void Write(string path, string title, IReadOnlyList<CurvePanel> panels) => ArgumentNullException.ThrowIfNull(panels);
}
