namespace CavMae.Retrieval.Embeddings;

/// <summary>A model bundle that is missing, damaged or of another kind, or an execution provider that is not there. The service does not start.</summary>
public sealed class ModelException(string message, Exception? innerException = null) : Exception(message, innerException);

/// <summary>Too much waits already, of files to decode or of scenes to encode; nothing was begun and the request can be tried again (HTTP 429).</summary>
public sealed class BusyException(string message) : Exception(message);
