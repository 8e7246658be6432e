using System.CommandLine;

namespace CavMae.Retrieval.Cli.Commands;

internal static class TagOption
{
    /// <summary>As long as the service lets a tag be, so that what is indexed here can be asked for there.</summary>
    private const int MaxLength = 100;

    public static Option<string[]> Create(string description)
    {
        Option<string[]> option = new("--tag") { Description = description, HelpName = "T", Arity = ArgumentArity.OneOrMore, AllowMultipleArgumentsPerToken = false };
        option.Validators.Add(result =>
        {
            foreach (string tag in result.Tokens.Select(token => token.Value))
                if (tag.Length is < 1 or > MaxLength)
                    result.AddError($"A tag has 1 to {MaxLength} characters; '{tag}' has {tag.Length}.");
        });
        return option;
    }
}
