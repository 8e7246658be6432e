using System.ComponentModel;
using System.Diagnostics;

namespace CavMae.Benchmarks.Running;

/// <summary>Programs run to their end; killed with their children when the benchmark is interrupted.</summary>
internal static class ChildProcess
{
    /// <summary>What a program prints.</summary>
    public static async Task<string> ReadOutputAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        using Process process = Start(program, arguments);
        return await FinishAsync(process, cancellationToken);
    }

    /// <summary>Starts a program whose output is read by <see cref="FinishAsync"/>.</summary>
    public static Process Start(string program, IReadOnlyList<string> arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            Process process = Process.Start(start)!;
            process.StandardInput.Close();
            return process;
        }
        catch (Win32Exception e)
        {
            throw new BenchmarkException($"'{program}' does not start: {e.Message}");
        }
    }

    public static async Task<string> FinishAsync(Process process, CancellationToken cancellationToken)
    {
        try
        {
            Task<string> errors = process.StandardError.ReadToEndAsync(cancellationToken);
            string output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
            string problem = await errors;
            await process.WaitForExitAsync(cancellationToken);
            return process.ExitCode == 0
                ? output
                : throw new BenchmarkException($"'{process.StartInfo.FileName} {string.Join(' ', process.StartInfo.ArgumentList)}' ended with code {process.ExitCode}: {problem}");
        }
        catch
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }
}
