namespace CavMae.Synthetic;

/// <summary>A clip cannot be written; the message says why and what to do.</summary>
public sealed class SyntheticException : Exception
{
    public SyntheticException(string message) : base(message) { }

    public SyntheticException(string message, Exception innerException) : base(message, innerException) { }

    public SyntheticException() { }
}
