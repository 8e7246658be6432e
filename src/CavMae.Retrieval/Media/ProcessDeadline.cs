using Microsoft.Extensions.Logging;

namespace CavMae.Retrieval.Media;

/// <summary>Bounds how long a process may run, and tells running out of time (the file's fault) from being cancelled (the caller's wish).</summary>
internal sealed class ProcessDeadline : IDisposable
{
    private readonly TimeSpan _limit;
    private readonly CancellationToken _caller;
    private readonly CancellationTokenSource _timer;
    private readonly CancellationTokenSource _either;

    public ProcessDeadline(TimeSpan limit, TimeProvider time, CancellationToken caller)
    {
        (_limit, _caller) = (limit, caller);
        _timer = new CancellationTokenSource(limit, time);
        _either = CancellationTokenSource.CreateLinkedTokenSource(_timer.Token, caller);
    }

    /// <summary>Cancelled when time is up, or the caller wishes.</summary>
    public CancellationToken Token => _either.Token;

    /// <exception cref="MediaException">OverLimit: time is up.</exception>
    public async Task<T> GuardAsync<T>(Task<T> work, string program, string path, ILogger logger)
    {
        try
        {
            return await work.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            _caller.ThrowIfCancellationRequested();
            if (!_timer.IsCancellationRequested)
                throw;
            logger.ProgramTimedOut(program, path, _limit);
            throw MediaLimits.TimedOut(_limit);
        }
    }

    public void Dispose()
    {
        _either.Dispose();
        _timer.Dispose();
    }
}
