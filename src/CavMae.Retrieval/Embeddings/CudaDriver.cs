using System.Reflection;
using System.Runtime.InteropServices;

namespace CavMae.Retrieval.Embeddings;

/// <summary>
/// The two copies that ONNX Runtime does not offer for memory a recorded graph reads. From the driver, whose library has the same name for every
/// CUDA version. The calling thread must have used the GPU before (ONNX Runtime makes its context current).
/// </summary>
internal static partial class CudaDriver
{
    private const string Library = "cuda";

    static CudaDriver() => NativeLibrary.SetDllImportResolver(typeof(CudaDriver).Assembly, Resolve);

    /// <summary>Returns when the source may be changed again, which can be before the bytes have arrived: see <see cref="WaitForCopies"/>.</summary>
    /// <exception cref="ModelException">The driver refuses, or is not there.</exception>
    public static void CopyToDevice(ReadOnlySpan<byte> source, nint target)
    {
        try
        {
            Check(CopyHostToDevice(target, source, (nuint)source.Length), "to");
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            throw new ModelException($"The CUDA driver cannot be used for recorded graphs (Model:Gpu:CudaGraphs): {e.Message}", e);
        }
    }

    /// <summary>Waits until what was copied to the GPU has arrived. ONNX Runtime computes on a stream of its own, which does not wait for these copies.</summary>
    /// <exception cref="ModelException">A copy failed.</exception>
    public static void WaitForCopies() => Check(SynchronizeStream(0), "to");

    /// <summary>Waits until the copy is done.</summary>
    /// <exception cref="ModelException">The driver refuses.</exception>
    public static void CopyFromDevice(nint source, Span<byte> target) => Check(CopyDeviceToHost(target, source, (nuint)target.Length), "from");

    private static void Check(int result, string direction)
    {
        if (result != 0)
            throw new ModelException($"Copying {direction} the GPU failed with CUDA driver error {result}.");
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath) => name != Library
        ? 0
        : NativeLibrary.Load(OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1", assembly, searchPath);

    [LibraryImport(Library, EntryPoint = "cuStreamSynchronize")]
    private static partial int SynchronizeStream(nint stream);

    [LibraryImport(Library, EntryPoint = "cuMemcpyHtoD_v2")]
    private static partial int CopyHostToDevice(nint target, ReadOnlySpan<byte> source, nuint byteCount);

    [LibraryImport(Library, EntryPoint = "cuMemcpyDtoH_v2")]
    private static partial int CopyDeviceToHost(Span<byte> target, nint source, nuint byteCount);
}
