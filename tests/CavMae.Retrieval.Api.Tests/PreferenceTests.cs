using CavMae.Retrieval.Api.Jobs;
using Microsoft.AspNetCore.Http;

namespace CavMae.Retrieval.Api.Tests;

public sealed class PreferenceTests
{
    [Theory]
    [InlineData(true, "respond-async")]
    [InlineData(true, "Respond-Async, wait=10")]
    [InlineData(true, "return=minimal, respond-async; x=1")]
    [InlineData(true, "return=minimal", " respond-async ")]
    [InlineData(false)]
    [InlineData(false, "")]
    [InlineData(false, "return=respond-async")]
    [InlineData(false, "respond-asynchronously", ";,=,")]
    public void IsRespondAsync_Header_IsReadAsTheRfcHasIt(bool expected, params string[] lines)
    {
        DefaultHttpContext context = new();
        context.Request.Headers["Prefer"] = lines;
        Assert.Equal(expected, Preference.IsRespondAsync(context.Request));
    }
}
