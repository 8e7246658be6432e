using System.Diagnostics;
using System.Globalization;

namespace CavMae.Export.Verifying;

/// <summary>
/// How far a long command is, on standard error, so that what it prints can go to a file or a pipe: one line that is written over on a
/// terminal, a line now and then elsewhere. Not thread-safe.
/// </summary>
/// <param name="error">Where to write.</param>
/// <param name="isTerminal">Whether a line can be written over.</param>
internal sealed class ProgressLine(TextWriter error, bool isTerminal) : IProgress<ExportProgress>
{
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(10), BetweenRedraws = TimeSpan.FromMilliseconds(100);

    private string step = "";
    private long started, lastShown;
    private int shownLength;

    public static ProgressLine For(TextWriter error) => new(error, ReferenceEquals(error, Console.Error) && !Console.IsErrorRedirected);

    void IProgress<ExportProgress>.Report(ExportProgress value) => Show("Exporting the checkpoint", value.DoneBytes, value.TotalBytes,
        $"{100 * value.DoneBytes / Math.Max(1, value.TotalBytes)} %");

    /// <param name="what">What is being done; a new one starts the clock anew.</param>
    /// <param name="done">Files done.</param>
    /// <param name="total">Files in all.</param>
    /// <param name="scenes">Scenes done: in a long file these are what moves.</param>
    public void Report(string what, int done, int total, int scenes) => Show(what, done, total, $"{done} of {total} files, {scenes} scenes");

    /// <summary>Takes the line off a terminal, before something else is written.</summary>
    public void Clear()
    {
        if (isTerminal && shownLength > 0)
            error.Write($"\r{new string(' ', shownLength)}\r");
        shownLength = 0;
    }

    private void Show(string what, long done, long total, string share)
    {
        if (what != step)
            (step, started, lastShown) = (what, Stopwatch.GetTimestamp(), isTerminal ? 0 : Stopwatch.GetTimestamp());
        if (done < total && Stopwatch.GetElapsedTime(lastShown) < (isTerminal ? BetweenRedraws : BetweenLines) || (done == total && !isTerminal))
            return;
        lastShown = Stopwatch.GetTimestamp();
        TimeSpan left = done == 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(started) / done * (total - done);
        string line = string.Create(CultureInfo.InvariantCulture, $"{what}: {share}{(done == 0 ? "" : $", {left:h\\:mm\\:ss} left")}");
        if (isTerminal)
            error.Write($"\r{line.PadRight(shownLength)}");
        else
            error.WriteLine(line);
        shownLength = line.Length;
    }
}
