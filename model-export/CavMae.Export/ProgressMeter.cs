namespace CavMae.Export;

/// <summary>Adds up the bytes of an export's steps and reports them.</summary>
internal sealed class ProgressMeter(IProgress<ExportProgress>? progress, long totalBytes)
{
    private long total = totalBytes;
    private string step = "";
    private long doneBytes;

    public void Begin(string stepName)
    {
        step = stepName;
        Add(0);
    }

    public void ChangeTotal(long bytes) => total = bytes;

    public void Add(long bytes)
    {
        doneBytes += bytes;
        progress?.Report(new ExportProgress(step, doneBytes, total));
    }
}
