using System.CommandLine;

namespace CavMae.Retrieval.Cli.Commands;

/// <summary>The option of commands that also work against a running service.</summary>
internal static class ServerOption
{
    public static Option<string?> Instance { get; } = Create();

    /// <summary>The service's address; null: the data folder is meant.</summary>
    /// <exception cref="BadUseException">An option is given that means something on a data folder only.</exception>
    public static Uri? Read(ParseResult parsed)
    {
        if (parsed.GetValue(Instance) is not { } server)
            return null;
        foreach (Option<string?> other in (Option<string?>[])[CommonOptions.Data, CommonOptions.Model])
            if (parsed.GetValue(other) is not null)
                throw new BadUseException($"{other.Name} and {Instance.Name} exclude each other: a service has its own data folder and model.");
        return new Uri(server);
    }

    private static Option<string?> Create()
    {
        Option<string?> option = new("--server") { Description = "Work on a running service at this address, such as http://127.0.0.1:5000, instead of on a data folder.", HelpName = "URL" };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !(Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out Uri? server) && server is { Scheme: "http" or "https", UserInfo: "", Query: "", Fragment: "" }))
                result.AddError($"--server is '{result.Tokens[0].Value}'; an address such as http://127.0.0.1:5000 is meant.");
        });
        return option;
    }
}
