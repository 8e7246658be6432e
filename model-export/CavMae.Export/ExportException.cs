namespace CavMae.Export;

/// <summary>A checkpoint cannot become a bundle, or the bundle cannot be put where it was asked for; the message says what to do.</summary>
public sealed class ExportException : Exception
{
    public ExportException(string message) : base(message) { }

    public ExportException(string message, Exception innerException) : base(message, innerException) { }

    public ExportException() { }
}
