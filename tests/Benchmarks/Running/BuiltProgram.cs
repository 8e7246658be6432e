namespace CavMae.Benchmarks.Running;

/// <summary>The repository's programs as they were built along with this one.</summary>
internal static class BuiltProgram
{
    /// <param name="project">Its folder below <c>src</c>.</param>
    /// <param name="assembly">Its file name, for the <c>dotnet</c> command.</param>
    public static string Find(string project, string assembly)
    {
        string configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        string program = Path.Combine(Workspace.RepositoryRoot, "src", project, "bin", configuration, "net10.0", assembly);
        return File.Exists(program)
            ? program
            : throw new BenchmarkException($"{project} is not built: {program} is missing. Run 'dotnet build src/{project} -c {configuration}'.");
    }
}
