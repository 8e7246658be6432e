using CavMae.Retrieval.Api.Contracts;
using CavMae.Retrieval.Api.Endpoints;
using CavMae.Retrieval.Api.Errors;
using CavMae.Retrieval.Api.OpenApi;
using CavMae.Retrieval.Api.Uploads;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using OpenTelemetry.Metrics;

namespace CavMae.Retrieval.Api;

/// <summary>The HTTP side: what it needs, and what it answers.</summary>
public static class ApiSetup
{
    private const int MaxRequestLineBytes = 64 * 1024;
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(15);

    /// <summary>Adds JSON, problem details, metrics and the OpenAPI document.</summary>
    public static IServiceCollection AddRetrievalApi(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddValidatedOptions<ApiOptions>(configuration, ApiOptions.Section);
        services.AddSingleton<UploadReader>();
        services.AddSingleton<ClipChangesReader>();
        services.ConfigureHttpJsonOptions(options => options.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJson.Default));
        // A parameter that does not parse becomes a problem that names it, in every environment.
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        services.AddProblemDetails();
        services.AddExceptionHandler<ProblemMapping>();
        // Requests under way may finish; what takes longer is cancelled and cleaned up like a client that went away.
        services.Configure<HostOptions>(options => options.ShutdownTimeout = ShutdownTimeout);
        // The reader of uploads has its own limits; this one would also cut off what is only thrown away, and with it the answer.
        services.Configure<KestrelServerOptions>(options =>
        {
            options.Limits.MaxRequestBodySize = null;
            // The longest filter with every character escaped, so that a longer one is refused with the reason.
            options.Limits.MaxRequestLineSize = MaxRequestLineBytes;
        });
        services.AddOpenTelemetry().WithMetrics(metrics => metrics
            .AddMeter(RetrievalMetrics.MeterName, "Microsoft.AspNetCore.Hosting", "System.Runtime")
            .AddPrometheusExporter());
        services.AddOpenApiDocument();
        return services;
    }

    /// <summary>Maps everything under <c>/api/v1</c>, and health, metrics and Swagger beside it.</summary>
    public static void MapRetrievalApi(this WebApplication app)
    {
        app.UseMiddleware<UnreadBody>();
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.UseSwagger();
        app.UseSwaggerUI(ui =>
        {
            ui.SwaggerEndpoint($"/swagger/{OpenApiSetup.DocumentName}/swagger.json", "CavMae.Retrieval v1");
            ui.DocumentTitle = "CavMae.Retrieval";
        });
        RouteGroupBuilder api = app.MapGroup("/api/v1");
        api.MapClips();
        api.MapSearches();
        api.MapModel();
        app.MapHealth();
        app.MapPrometheusScrapingEndpoint();
        app.Lifetime.ApplicationStarted.Register(() =>
        {
            foreach (string address in app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses ?? [])
                StartupLog.Listening(app.Logger, address);
        });
    }
}
