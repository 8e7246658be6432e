using System.Runtime.InteropServices;

namespace CavMae.Retrieval.Ingest;

/// <summary>A second name for a file, so that either name can be removed without the content going with it.</summary>
internal static partial class HardLink
{
    /// <returns>False where the file system or its owner does not allow it.</returns>
    public static bool TryCreate(string existing, string path) =>
        OperatingSystem.IsWindows() ? CreateHardLink(path, existing, 0) : Link(existing, path) == 0;

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string existing, string path);

    [LibraryImport("kernel32", EntryPoint = "CreateHardLinkW", StringMarshalling = StringMarshalling.Utf16)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool CreateHardLink(string path, string existing, nint mustBeZero);
}
