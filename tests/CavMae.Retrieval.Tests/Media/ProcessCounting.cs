namespace CavMae.Retrieval.Tests.Media;

/// <summary>Tests that count this process's children run one after the other.</summary>
[CollectionDefinition(nameof(ProcessCounting), DisableParallelization = true)]
public sealed class ProcessCounting;
