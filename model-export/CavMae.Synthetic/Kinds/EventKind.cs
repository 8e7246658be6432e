using CavMae.Synthetic.Pictures;
using CavMae.Synthetic.Sound;

namespace CavMae.Synthetic.Kinds;

/// <summary>One kind of event: what it is called, how it sounds and how it looks. Stateless.</summary>
internal abstract class EventKind
{
    /// <summary>Small letters and hyphens; part of file names.</summary>
    public abstract string Name { get; }

    /// <summary>Usual colour of the object, in degrees of hue.</summary>
    public abstract float Hue { get; }

    public abstract Voice Voice { get; }

    /// <summary>Draws marks and object; the backdrop is there already.</summary>
    public abstract void Draw(Stage stage);
}
