using Microsoft.Extensions.Logging;

namespace CavMae.Retrieval.Cli.Hosting;

/// <summary>Log entries as single lines on standard error: standard output holds answers only.</summary>
internal sealed class ErrorStreamLogger(TextWriter error) : ILoggerProvider, ILogger
{
    private readonly Lock turn = new();

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel is not LogLevel.None;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        string name = logLevel switch
        {
            LogLevel.Critical or LogLevel.Error => "error",
            LogLevel.Warning => "warning",
            _ => "note",
        };
        string line = $"{name}: {formatter(state, exception)}{(exception is null ? "" : $" ({exception.Message})")}";
        lock (turn)
            error.WriteLine(line);
    }

    public void Dispose()
    {
        // The stream is the caller's.
    }
}
