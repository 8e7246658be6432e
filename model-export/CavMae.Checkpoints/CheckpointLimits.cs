namespace CavMae.Checkpoints;

/// <summary>Bounds on what a file may ask for. A ViT-B checkpoint with its decoder stays a hundred times below each of them.</summary>
internal static class CheckpointLimits
{
    public const int MaxPickleBytes = 32 << 20;
    public const int MaxPickleObjects = 2_000_000;
    public const int MaxPickleMemo = 1_000_000;
    public const int MaxPickleStack = 100_000;
    public const int MaxPickleMarks = 1_000;
    public const int MaxTensors = 100_000;
    public const int MaxRank = 16;
    public const int MaxNameLength = 512;
    public const int MaxZipEntries = 200_000;
    public const int MaxZipDirectoryBytes = 64 << 20;
    public const int MaxSafeTensorsHeaderBytes = 64 << 20;
}
