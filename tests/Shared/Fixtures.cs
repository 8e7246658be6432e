using System.Runtime.CompilerServices;

namespace CavMae.Tests.Shared;

/// <summary>Where the tests' data lies: recorded numbers and clips made for this project, and third-party clips kept beside it.</summary>
internal static class Fixtures
{
    public static string RepositoryRoot { get; } = FindRoot();

    /// <summary>tests/fixtures: always there.</summary>
    public static string Folder { get; } = Path.Combine(RepositoryRoot, "tests", "fixtures");

    /// <summary>../shared/real: third-party clips and their recorded numbers; not part of the project, may be absent.</summary>
    public static string RealFolder { get; } = Path.Combine(RepositoryRoot, "..", "shared", "real");

    public static string Clip(string name) => Path.Combine(Folder, "clips", name);

    public static string Golden(string name) => Path.Combine(Folder, "golden", name);

    public static bool HasReal => Directory.Exists(RealFolder);

    /// <summary>Path of a file under <see cref="RealFolder"/>; skips the calling test, visibly, where the folder is absent.</summary>
    public static string RequireReal(params string[] relativePath)
    {
        Assert.SkipUnless(HasReal, "the third-party clips are not beside this checkout (../shared/real)");
        return Path.Combine([RealFolder, .. relativePath]);
    }

    private static string FindRoot([CallerFilePath] string here = "")
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "CavMae.Retrieval.sln")))
                return folder.FullName;
        return Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", ".."));
    }
}
