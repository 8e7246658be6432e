namespace CavMae.Retrieval.Tests.Index.Qdrant;

/// <summary>The system's clock, set ahead as far as a test says.</summary>
internal sealed class MovableTime : TimeProvider
{
    public TimeSpan Ahead { get; set; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead;
}
