using System.CommandLine;
using CavMae.Retrieval.Cli.Libraries;
using CavMae.Retrieval.Search;

namespace CavMae.Retrieval.Cli.Commands;

/// <summary>Conditions on clips' metadata, in the language of the service's <c>filter</c>.</summary>
internal static class FilterOption
{
    public static Option<string[]> Create()
    {
        Option<string[]> option = new("--filter")
        {
            Description = """Only clips whose metadata fulfil this JSON object: '{"place": "Paris", "year": {"gte": 2000, "lt": 2010}, "camera.model": {"in": ["X", "Y"]}}'. Repeat it for clips that fulfil them all.""",
            HelpName = "JSON",
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = false,
        };
        option.Validators.Add(result =>
        {
            try
            {
                _ = new LibraryFilter([], [.. result.Tokens.Select(token => token.Value)]);
            }
            catch (ClipFilterException problem)
            {
                result.AddError($"{option.Name}: {problem.Message}");
            }
        });
        return option;
    }
}
