using System.Net;

namespace CavMae.Retrieval.Cli.Remote;

/// <summary>The service refused a request; the message is its own reason.</summary>
internal sealed class ServiceRefusalException(HttpStatusCode status, string message) : Exception(message)
{
    public HttpStatusCode Status { get; } = status;
}

/// <summary>No answer could be had, after as many tries as are sensible: further requests would have none either.</summary>
internal sealed class ServiceUnreachableException(string message, Exception? innerException = null) : Exception(message, innerException);
