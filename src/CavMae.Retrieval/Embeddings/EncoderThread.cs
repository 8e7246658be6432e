using System.Collections.Concurrent;

namespace CavMae.Retrieval.Embeddings;

/// <summary>
/// One thread that does all of an encoder's runs. On a GPU ONNX Runtime keeps handles, work space and recorded graphs for each thread that ever
/// ran it; callers come from a pool, and without this each of its threads would get, and keep, a set of its own.
/// </summary>
internal sealed class EncoderThread : IDisposable
{
    private readonly BlockingCollection<Action> work = [];
    private readonly Thread thread;

    public EncoderThread(string name)
    {
        thread = new Thread(Work) { IsBackground = true, Name = name };
        thread.Start();
    }

    /// <summary>Does it there and waits; what it throws is thrown here.</summary>
    public void Run(Action action)
    {
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        work.Add(() =>
        {
            try
            {
                action();
                done.SetResult();
            }
#pragma warning disable CA1031 // It is the caller's.
            catch (Exception e)
#pragma warning restore CA1031
            {
                done.SetException(e);
            }
        });
        done.Task.GetAwaiter().GetResult();
    }

    private void Work()
    {
        foreach (Action action in work.GetConsumingEnumerable())
            action();
    }

    public void Dispose()
    {
        work.CompleteAdding();
        thread.Join();
        work.Dispose();
    }
}
