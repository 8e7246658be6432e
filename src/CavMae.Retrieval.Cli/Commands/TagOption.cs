using System.CommandLine;
using CavMae.Retrieval.Index;

namespace CavMae.Retrieval.Cli.Commands;

internal static class TagOption
{
    public static Option<string[]> Create(string description)
    {
        Option<string[]> option = new("--tag") { Description = description, HelpName = "T", Arity = ArgumentArity.OneOrMore, AllowMultipleArgumentsPerToken = false };
        option.Validators.Add(result =>
        {
            // As the service has it, so that what is indexed here can be asked for there.
            if (result.Tokens.Count > ClipRules.MaxTags)
                result.AddError($"There are {result.Tokens.Count} tags; {ClipRules.MaxTags} are allowed.");
            foreach (string tag in result.Tokens.Select(token => token.Value))
                if (tag.Length is < 1 or > ClipRules.MaxTagLength)
                    result.AddError($"A tag has 1 to {ClipRules.MaxTagLength} characters; '{tag}' has {tag.Length}.");
        });
        return option;
    }
}
