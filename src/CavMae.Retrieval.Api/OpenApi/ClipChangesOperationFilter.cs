using System.Text.Json.Nodes;
using CavMae.Retrieval.Api.Uploads;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace CavMae.Retrieval.Api.OpenApi;

/// <summary>Describes the body that changes a clip, where absent and null differ, which no declared type can say.</summary>
internal sealed class ClipChangesOperationFilter : IOperationFilter
{
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        if (operation.OperationId != "UpdateClip")
            return;
        Dictionary<string, IOpenApiSchema> properties = new()
        {
            ["title"] = new OpenApiSchema { Type = JsonSchemaType.String | JsonSchemaType.Null, MaxLength = ClipFields.MaxTitleLength, Description = "null clears it." },
            ["tags"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Array | JsonSchemaType.Null,
                Items = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = ClipFields.MaxTagLength },
                MaxItems = ClipFields.MaxTags,
                Description = "All tags from now on; null removes them.",
            },
            ["metadata"] = new OpenApiSchema { Type = JsonSchemaType.Object | JsonSchemaType.Null, Description = "The whole metadata from now on; null empties it." },
        };
        operation.RequestBody = new OpenApiRequestBody
        {
            Required = true,
            Content = new Dictionary<string, IOpenApiMediaType>
            {
                ["application/json"] = new OpenApiMediaType
                {
                    Schema = new OpenApiSchema { Type = JsonSchemaType.Object, Properties = properties, AdditionalPropertiesAllowed = false },
                    Example = JsonNode.Parse("""{"title":"Harbour at dawn","tags":["harbour"],"metadata":{"reel":12}}"""),
                },
            },
        };
    }
}
