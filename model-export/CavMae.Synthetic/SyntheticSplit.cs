namespace CavMae.Synthetic;

/// <summary>Which stream of clips: what one of them gives, the other never does.</summary>
public enum SyntheticSplit
{
    /// <summary>Clips to train on.</summary>
    Training,

    /// <summary>Clips a trained model has never seen.</summary>
    HeldOut,
}
