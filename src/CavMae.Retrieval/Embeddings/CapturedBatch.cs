using System.Globalization;
using Microsoft.ML.OnnxRuntime;

namespace CavMae.Retrieval.Embeddings;

/// <summary>
/// Runs as a CUDA graph: recorded by the first run, replayed by all others. A replay reads and writes the addresses of the recording and takes no
/// notice of what is bound later, so this batch size owns memory on the GPU, and the rows are copied into it. ONNX Runtime keeps a recording for
/// the thread that made it: construct and run on one and the same thread.
/// </summary>
internal sealed class CapturedBatch : BoundBatch
{
    private readonly int rows;
    private readonly RunOptions runOptions = new();
    private readonly OrtMemoryInfo memory;
    private readonly OrtAllocator allocator;
    private readonly List<(HostBuffer Host, OrtMemoryAllocation Device)> inputs;
    private readonly (HostBuffer Host, OrtMemoryAllocation Device) output;

    public CapturedBatch(InferenceSession session, int deviceId, int rows, IReadOnlyList<HostBuffer> inputs, HostBuffer output) : base(session)
    {
        this.rows = rows;
        // Each number names a recording of its own; 0 is taken.
        runOptions.AddRunConfigEntry("gpu_graph_id", rows.ToString(CultureInfo.InvariantCulture));
        memory = new OrtMemoryInfo(OrtMemoryInfo.allocatorCUDA, OrtAllocatorType.ArenaAllocator, deviceId, OrtMemType.Default);
        allocator = new OrtAllocator(session, memory);
        this.inputs = [.. inputs.Select(input => (input, Allocate(input)))];
        this.output = (output, Allocate(output));
        foreach ((HostBuffer host, OrtMemoryAllocation device) in this.inputs)
            Binding.BindInput(host.Name, host.ElementType, host.Shape(rows), device);
        Binding.BindOutput(output.Name, output.ElementType, output.Shape(rows), this.output.Device);
    }

    public override void Run()
    {
        foreach ((HostBuffer host, OrtMemoryAllocation device) in inputs)
            CudaDriver.CopyToDevice(host.Bytes(rows), device.DangerousGetHandle());
        CudaDriver.WaitForCopies();
        Session.RunWithBinding(runOptions, Binding);
        CudaDriver.CopyFromDevice(output.Device.DangerousGetHandle(), output.Host.Bytes(rows));
    }

    private OrtMemoryAllocation Allocate(HostBuffer host) => allocator.Allocate((uint)host.Bytes(rows).Length);

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (!disposing)
            return;
        inputs.ForEach(input => input.Device.Dispose());
        output.Device.Dispose();
        allocator.Dispose();
        memory.Dispose();
        runOptions.Dispose();
    }
}
