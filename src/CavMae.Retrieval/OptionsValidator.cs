using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Options;

namespace CavMae.Retrieval;

/// <summary>Checks an options class against its attributes at start and names key, value and what is allowed.</summary>
/// <param name="section">Where the options are bound from, such as <c>Media</c>.</param>
public sealed class OptionsValidator<TOptions>(string section) : IValidateOptions<TOptions>
    where TOptions : class
{
    public ValidateOptionsResult Validate(string? name, TOptions options)
    {
        List<string> failures = [];
        Collect(section, options, failures);
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static void Collect(string path, object options, List<string> failures)
    {
        foreach (PropertyInfo property in options.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            string key = $"{path}:{property.Name}";
            object? value = property.GetValue(options);
            foreach (ValidationAttribute attribute in property.GetCustomAttributes<ValidationAttribute>())
                if (!attribute.IsValid(value))
                    failures.Add(string.Create(CultureInfo.InvariantCulture, $"{key} is '{value}'; {Allowed(attribute)}."));
            if (property.PropertyType.IsEnum && !Enum.IsDefined(property.PropertyType, value!))
                failures.Add($"{key} is '{value}'; one of {string.Join(", ", Enum.GetNames(property.PropertyType))} is allowed.");
            if (value is not null && property.PropertyType.IsClass && property.PropertyType.Assembly == typeof(TOptions).Assembly)
                Collect(key, value, failures);
        }
    }

    private static string Allowed(ValidationAttribute attribute) => attribute switch
    {
        RangeAttribute range => string.Create(CultureInfo.InvariantCulture, $"{range.Minimum} to {range.Maximum} is allowed"),
        RequiredAttribute => "a value is needed",
        _ => attribute.FormatErrorMessage("the value"),
    };
}
