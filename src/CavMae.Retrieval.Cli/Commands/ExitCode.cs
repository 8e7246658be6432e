namespace CavMae.Retrieval.Cli.Commands;

/// <summary>What the command tells the shell.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>Something could not be done, some files included; the reasons are on standard error.</summary>
    public const int Failed = 1;

    /// <summary>The command was not understood, or names files that are not there; nothing was done.</summary>
    public const int BadUse = 2;

    /// <summary>Ctrl-C, as shells say it: 128 + SIGINT.</summary>
    public const int Interrupted = 130;
}

/// <summary>Arguments that cannot be meant; nothing was done.</summary>
internal sealed class BadUseException(string message) : Exception(message);
