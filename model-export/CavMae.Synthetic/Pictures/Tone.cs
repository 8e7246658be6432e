namespace CavMae.Synthetic.Pictures;

/// <summary>Which shade of the object's colour a shape has.</summary>
internal enum Tone
{
    /// <summary>The full colour, striped as the texture says.</summary>
    Body,

    /// <summary>The full colour, plain.</summary>
    Plain,

    /// <summary>Half as bright, for parts.</summary>
    Part,

    /// <summary>Nearly black, for eyes and lines.</summary>
    Dark,
}
