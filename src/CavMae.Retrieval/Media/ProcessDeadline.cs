using Microsoft.Extensions.Logging;

namespace CavMae.Retrieval.Media;

/// <summary>
/// Bounds how long a process may be waited for, and tells running out of time (the file's fault) from being cancelled (the caller's wish).
/// While nobody waits for the process, it waits itself, for its output to be read, and the clock stands: a slow encoder does not make a long
/// file fail.
/// </summary>
internal sealed class ProcessDeadline : IDisposable
{
    private readonly TimeSpan _limit;
    private readonly TimeProvider _time;
    private TimeSpan _left;
    private readonly CancellationToken _caller;
    private readonly CancellationTokenSource _timer;
    private readonly CancellationTokenSource _either;

    public ProcessDeadline(TimeSpan limit, TimeProvider time, CancellationToken caller)
    {
        (_limit, _left, _time, _caller) = (limit, limit, time, caller);
        _timer = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        _either = CancellationTokenSource.CreateLinkedTokenSource(_timer.Token, caller);
    }

    /// <summary>Cancelled when time is up, or the caller wishes.</summary>
    public CancellationToken Token => _either.Token;

    /// <summary>Waits for one piece of work at a time.</summary>
    /// <exception cref="MediaException">OverLimit: time is up.</exception>
    public async Task<T> GuardAsync<T>(Task<T> work, string program, string path, ILogger logger)
    {
        long start = _time.GetTimestamp();
        _timer.CancelAfter(_left > TimeSpan.Zero ? _left : TimeSpan.Zero);
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
        finally
        {
            _timer.CancelAfter(Timeout.InfiniteTimeSpan);
            _left -= _time.GetElapsedTime(start);
        }
    }

    public void Dispose()
    {
        _either.Dispose();
        _timer.Dispose();
    }
}
