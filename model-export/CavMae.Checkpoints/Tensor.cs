namespace CavMae.Checkpoints;

internal static class Placeholder;
