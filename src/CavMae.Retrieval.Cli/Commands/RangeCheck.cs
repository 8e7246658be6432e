using System.CommandLine;

namespace CavMae.Retrieval.Cli.Commands;

internal static class RangeCheck
{
    /// <summary>Refuses values out of range, so that nothing is done with them.</summary>
    /// <param name="option">Whose values.</param>
    /// <param name="isAllowed">Whether a value is in range.</param>
    /// <param name="range">The range in words.</param>
    public static void Allow<T>(this Option<T> option, Func<T?, bool> isAllowed, string range) => option.Validators.Add(result =>
    {
        // A value that is no number has its own error already.
        if (!result.Errors.Any() && result.Tokens.Count > 0 && !isAllowed(result.GetValueOrDefault<T>()))
            result.AddError($"{option.Name} is {result.Tokens[0].Value}; {range} is allowed.");
    });
}
