using Microsoft.OpenApi;

namespace CavMae.Retrieval.Api.OpenApi;

/// <summary>The OpenAPI document behind Swagger UI.</summary>
internal static class OpenApiSetup
{
    public const string DocumentName = "v1";

    public static IServiceCollection AddOpenApiDocument(this IServiceCollection services)
    {
        services.AddEndpointsApiExplorer();
        services.AddSwaggerGen(options =>
        {
            options.SwaggerDoc(DocumentName, new OpenApiInfo
            {
                Title = "CavMae.Retrieval",
                Version = "v1",
                Description = "Give a sound, get the video scenes that fit it; give a clip, get the matching videos and sounds. Times are in seconds, scores are cosines, errors are problem details (RFC 9457).",
                License = new OpenApiLicense { Name = "MIT" },
            });
            options.SupportNonNullableReferenceTypes();
            options.NonNullableReferenceTypesAsRequired();
            options.IncludeXmlComments(typeof(OpenApiSetup).Assembly);
            options.OperationFilter<UploadOperationFilter>();
            options.OperationFilter<ClipChangesOperationFilter>();
            options.OperationFilter<ExampleOperationFilter>();
        });
        return services;
    }
}
