namespace CavMae.Retrieval.Index.Transfer;

/// <summary>An export that cannot be written or taken in; the message names the file and what is wrong with it.</summary>
public sealed class TransferException(string message, Exception? innerException = null) : Exception(message, innerException);
