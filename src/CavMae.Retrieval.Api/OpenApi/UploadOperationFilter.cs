using CavMae.Retrieval.Api.Endpoints;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace CavMae.Retrieval.Api.OpenApi;

/// <summary>Describes the multipart bodies, which the endpoints read as streams and so do not declare.</summary>
internal sealed class UploadOperationFilter : IOperationFilter
{
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        if (context.ApiDescription.HttpMethod != HttpMethods.Post)
            return;
        Dictionary<string, IOpenApiSchema> properties = new()
        {
            ["file"] = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary", Description = "The media file: mp4, mov, m4a, matroska, webm, avi, mpeg-ts, ogg, wav, mp3, flac, aac, jpeg, png or webp. Its name does not matter." },
        };
        if (operation.OperationId == "UploadClip")
        {
            AddClipFields(properties);
            AddPreference(operation);
        }
        operation.RequestBody = new OpenApiRequestBody
        {
            Required = true,
            Content = new Dictionary<string, IOpenApiMediaType>
            {
                ["multipart/form-data"] = new OpenApiMediaType
                {
                    Schema = new OpenApiSchema { Type = JsonSchemaType.Object, Properties = properties, Required = new HashSet<string> { "file" } },
                    // Each tag is a part of its own, not one part with commas.
                    Encoding = properties.ContainsKey("tag") ? new Dictionary<string, OpenApiEncoding> { ["tag"] = new() { Style = ParameterStyle.Form, Explode = true } } : null,
                },
            },
        };
    }

    private static void AddPreference(OpenApiOperation operation) => (operation.Parameters ??= []).Add(new OpenApiParameter
    {
        Name = "Prefer",
        In = ParameterLocation.Header,
        Description = "'respond-async' (RFC 7240): the answer is a job, as soon as the upload is safe on disk.",
        Schema = new OpenApiSchema { Type = JsonSchemaType.String },
    });

    private static void AddClipFields(Dictionary<string, IOpenApiSchema> properties)
    {
        Dictionary<string, OpenApiSchema> fields = new()
        {
            ["title"] = new() { Type = JsonSchemaType.String, Description = "Shown with every hit.", Examples = ["Harbour at dawn"] },
            ["tag"] = new() { Type = JsonSchemaType.Array, Items = new OpenApiSchema { Type = JsonSchemaType.String }, Description = "Repeatable; searches and lists can ask for clips that have them." },
            ["metadata"] = new() { Type = JsonSchemaType.String, Description = "A JSON object of your own; it comes back as it is.", Examples = ["{\"reel\": 12}"] },
            ["id"] = new() { Type = JsonSchemaType.String, Description = "Your own id (letters, digits, '-', '_', '.', '~'); by default one is made." },
            ["replace"] = new() { Type = JsonSchemaType.Boolean, Description = "Replace a stored clip of the same id." },
        };
        foreach (string name in ClipEndpoints.FormFields)
            properties[name] = fields[name];
    }
}
