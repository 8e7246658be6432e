namespace CavMae.Synthetic.Kinds;

/// <summary>All kinds, by number: a new one goes to the end, and changes which clip an index gives.</summary>
internal static class EventKinds
{
    public static readonly IReadOnlyList<EventKind> All =
    [
        new Ball(),
        new Clock(),
        new Siren(),
        new Rain(),
        new Engine(),
        new Bell(),
        new Bird(),
        new Footsteps(),
        new Drum(),
        new Waves(),
        new Fire(),
        new Wind(),
        new Telephone(),
        new Alarm(),
        new Train(),
        new Drops(),
        new Bees(),
        new Saw(),
        new Typing(),
        new Thunder(),
        new Flute(),
        new Guitar(),
        new Heartbeat(),
        new Crickets(),
        new Frog(),
        new Geiger(),
        new Laser(),
        new Helicopter(),
        new Sonar(),
        new Kettle(),
    ];
}
