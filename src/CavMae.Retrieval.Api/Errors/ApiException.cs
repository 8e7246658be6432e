namespace CavMae.Retrieval.Api.Errors;

/// <summary>A request that cannot be answered as it is; status and message go to the client.</summary>
internal sealed class ApiException(int status, string detail) : Exception(detail)
{
    public int Status { get; } = status;

    public static ApiException BadRequest(string detail) => new(StatusCodes.Status400BadRequest, detail);

    public static ApiException ClipNotFound(string id) => new(StatusCodes.Status404NotFound, $"There is no clip '{id}'.");
}
