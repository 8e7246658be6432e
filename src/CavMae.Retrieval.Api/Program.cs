using CavMae.Retrieval;
using CavMae.Retrieval.Api;
using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Ingest;
using CavMae.Retrieval.Media;
using Microsoft.Extensions.Options;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.Services.AddCavMaeRetrieval(builder.Configuration);
builder.Services.AddRetrievalApi(builder.Configuration);
WebApplication app = builder.Build();
try
{
    await app.Services.GetRequiredService<RetrievalStartup>().OpenAsync(app.Services, app.Lifetime.ApplicationStopping);
    await app.Services.GetRequiredService<WarmUp>().RunAsync(app.Lifetime.ApplicationStopping);
    app.MapRetrievalApi();
    await app.RunAsync();
    return 0;
}
catch (OperationCanceledException) when (app.Lifetime.ApplicationStopping.IsCancellationRequested)
{
    return 0; // stopped while it was starting
}
catch (Exception e) when (IsForTheOperator(e))
{
    StartupLog.CannotStart(app.Logger, e.InnerException is FormatException or InvalidCastException or ArgumentException ? $"{e.Message} {e.InnerException.Message}" : e.Message);
    return 1;
}
finally
{
    await app.DisposeAsync();
}

// These say what to do; a stack trace would only hide it. The binder's are options that are unknown or cannot be read.
static bool IsForTheOperator(Exception e) => e is OptionsValidationException or ModelException or MediaException or ModelMismatchException or StoreInUseException or StoreUnavailableException or StoreRefusedException or FfmpegUnavailableException or DecoderKilledException
    or InvalidOperationException { Source: "Microsoft.Extensions.Configuration.Binder" };
