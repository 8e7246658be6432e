namespace CavMae.Benchmarks.Running;

/// <summary>Something a benchmark needs is missing or failed; the message says what.</summary>
internal sealed class BenchmarkException(string message) : Exception(message);
