using System.Runtime.InteropServices;

namespace CavMae.Retrieval.Ingest;

/// <summary>Makes a rename survive a power cut: on Unix a folder is written to disk on its own, which .NET has no call for.</summary>
internal static partial class DirectorySync
{
    private const int ReadOnly = 0;

    /// <exception cref="IOException">The folder cannot be opened or written.</exception>
    public static void Flush(string folder)
    {
        // Windows writes renames through its journal.
        if (OperatingSystem.IsWindows())
            return;
        int descriptor = Open(folder, ReadOnly);
        if (descriptor < 0)
            throw new IOException($"'{folder}' cannot be opened: {Marshal.GetLastPInvokeErrorMessage()}");
        int result = Synchronise(descriptor);
        string message = Marshal.GetLastPInvokeErrorMessage();
        _ = Close(descriptor);
        if (result != 0)
            throw new IOException($"'{folder}' cannot be written to disk: {message}");
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Synchronise(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
