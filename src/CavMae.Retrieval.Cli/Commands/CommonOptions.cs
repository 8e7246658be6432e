using System.CommandLine;

namespace CavMae.Retrieval.Cli.Commands;

/// <summary>Options every command takes; they go before appsettings.json and the environment.</summary>
internal static class CommonOptions
{
    public static Option<string?> Data { get; } = new("--data")
    {
        Description = "Folder of clips, vectors and media (Index:Embedded:Path).",
        HelpName = "DIR",
        Recursive = true,
    };

    public static Option<string?> Model { get; } = new("--model")
    {
        Description = "Folder of the model bundle (Model:Path).",
        HelpName = "DIR",
        Recursive = true,
    };
}
