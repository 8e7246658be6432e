using System.CommandLine;
using CavMae.Training.Engine;

namespace CavMae.Training.Commands;

/// <summary><c>cavmae-train recipe</c>: prints a recipe as JSON, to be changed and given to <c>train</c>.</summary>
internal static class RecipeCommand
{
    public static Command Create()
    {
        Argument<string> name = new("NAME") { Description = $"One of {string.Join(", ", Recipes.All.Keys)}." };
        Command command = new("recipe", "Prints a recipe as JSON: change it, and give it to train --recipe FILE.") { name };
        command.SetAction(parsed => parsed.InvocationConfiguration.Output.WriteLine(Recipes.Find(parsed.GetRequiredValue(name)).ToJson()));
        return command;
    }
}
