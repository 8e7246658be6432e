using System.CommandLine;

namespace CavMae.Retrieval.Cli.Commands;

internal static class TagOption
{
    public static Option<string[]> Create(string description, int maxLength)
    {
        Option<string[]> option = new("--tag") { Description = description, HelpName = "T", Arity = ArgumentArity.OneOrMore, AllowMultipleArgumentsPerToken = false };
        option.Validators.Add(result =>
        {
            foreach (string tag in result.Tokens.Select(token => token.Value))
                if (tag.Length < 1 || tag.Length > maxLength)
                    result.AddError($"A tag has 1 to {maxLength} characters; '{tag}' has {tag.Length}.");
        });
        return option;
    }
}
