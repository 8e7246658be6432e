using Microsoft.ML.OnnxRuntime;

namespace CavMae.Retrieval.Embeddings;

/// <summary>One batch size of one encoder with everything bound that a run of it needs; runs again and again on the same memory. Not thread-safe.</summary>
internal abstract class BoundBatch(InferenceSession session) : IDisposable
{
    protected InferenceSession Session { get; } = session;
    protected OrtIoBinding Binding { get; } = session.CreateIoBinding();

    /// <summary>Encodes what lies in the input buffers; afterwards the vectors lie in the output buffer.</summary>
    public abstract void Run();

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
            Binding.Dispose();
    }
}

/// <summary>Runs on views of the host's buffers. On a GPU, ONNX Runtime moves the input at each binding and the output at the end of the run.</summary>
internal sealed class HostBatch : BoundBatch
{
    private readonly RunOptions runOptions = new();
    private readonly List<(string Name, OrtValue View)> inputs;
    private readonly OrtValue output;

    public HostBatch(InferenceSession session, int rows, IReadOnlyList<HostBuffer> inputs, HostBuffer output) : base(session)
    {
        this.inputs = [.. inputs.Select(input => (input.Name, input.View(rows)))];
        this.output = output.View(rows);
        Binding.BindOutput(output.Name, this.output);
    }

    public override void Run()
    {
        // Binding is what copies to a GPU, so it is done anew each time; what was bound before is let go first, for the same memory to serve again.
        Binding.ClearBoundInputs();
        foreach ((string name, OrtValue view) in inputs)
            Binding.BindInput(name, view);
        Binding.SynchronizeBoundInputs();
        Session.RunWithBinding(runOptions, Binding);
        Binding.SynchronizeBoundOutputs();
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (!disposing)
            return;
        inputs.ForEach(input => input.View.Dispose());
        output.Dispose();
        runOptions.Dispose();
    }
}
