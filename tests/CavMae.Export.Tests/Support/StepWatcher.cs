namespace CavMae.Export.Tests.Support;

/// <summary>Sees every report of an export as it is made.</summary>
internal sealed class StepWatcher(Action<string> seen, List<ExportProgress>? reports = null) : IProgress<ExportProgress>
{
    public void Report(ExportProgress value)
    {
        reports?.Add(value);
        seen(value.Step);
    }
}
