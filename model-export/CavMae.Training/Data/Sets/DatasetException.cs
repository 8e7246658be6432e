namespace CavMae.Training.Data.Sets;

/// <summary>A data set or label table that cannot be used; the message names the file and what to mend.</summary>
public sealed class DatasetException : Exception
{
    public DatasetException(string message) : base(message) { }

    public DatasetException(string message, Exception innerException) : base(message, innerException) { }

    public DatasetException() { }
}
