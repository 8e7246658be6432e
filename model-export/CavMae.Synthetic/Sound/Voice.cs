namespace CavMae.Synthetic.Sound;

/// <summary>
/// How one kind of event sounds, in words of synthesis: a grain (one stroke, chirp, puff…) of partials and a noise band, and the
/// pattern in which grains follow each other. The clip's <see cref="EventParameters"/> set pitch, rate, level, roughness and tilt.
/// </summary>
internal sealed record Voice
{
    /// <summary>Fundamental of the smallest thing, in hertz; the biggest lies <see cref="Octaves"/> below.</summary>
    public required float HighestHz { get; init; }

    public float Octaves { get; init; } = 3;

    /// <summary>Frequencies of the partials over the fundamental; those beyond 7.6 kHz are left out.</summary>
    public float[] Ratios { get; init; } = [1];

    /// <summary>Amplitudes of the partials, as many as <see cref="Ratios"/>.</summary>
    public float[] Levels { get; init; } = [1];

    /// <summary>True: held for <see cref="Duty"/> of a period; false: struck, dying away within <see cref="DecaySeconds"/>.</summary>
    public bool Held { get; init; }

    /// <summary>Rise (and, when held, fall) of a grain in seconds, at most 0.4 of its length.</summary>
    public float AttackSeconds { get; init; } = 0.004f;

    /// <summary>Time to −60 dB of a struck grain, at most 1.3 periods.</summary>
    public float DecaySeconds { get; init; } = 0.5f;

    /// <summary>Share of a period a held grain fills.</summary>
    public float Duty { get; init; } = 0.6f;

    /// <summary>Frequency factor at a point 0 … 1 of the grain.</summary>
    public Func<float, float>? Glide { get; init; }

    /// <summary>Level of the noise against the partials, in dB, of the smoothest (texture 0) and the roughest thing (texture 1).</summary>
    public (float Smooth, float Rough) NoiseDecibels { get; init; } = (-40, -2);

    /// <summary>Centre of the noise band over the fundamental.</summary>
    public float NoiseRatio { get; init; } = 2;

    /// <summary>Quality of the noise band: centre over width, for middling texture; twice that when smooth, half when rough.</summary>
    public float NoiseQuality { get; init; } = 0.8f;

    /// <summary>Pulses inside a grain a second (0 = none): trills, ringers, croaks.</summary>
    public float PulseHz { get; init; }

    /// <summary>Pitch of successive grains, in semitones from the fundamental.</summary>
    public float[] Semitones { get; init; } = [0];

    /// <summary>Level of successive grains in dB.</summary>
    public float[] Accents { get; init; } = [0];

    /// <summary>Lateness of successive grains, in periods: a heart's second beat comes early.</summary>
    public float[] Delays { get; init; } = [0];

    /// <summary>0 = like clockwork, 1 = anywhere within the period, and of any level down to −5 dB.</summary>
    public float Irregularity { get; init; }

    /// <summary>Fundamental in hertz of a thing of this size.</summary>
    public float FundamentalHz(float size) => HighestHz * MathF.Pow(2, -Octaves * size);

    /// <summary>Partials 1, 2, … <paramref name="count"/> of amplitude 1/k^<paramref name="fall"/>; odd ones only if asked.</summary>
    public static (float[] Ratios, float[] Levels) Harmonics(int count, float fall, bool odd = false)
    {
        float[] ratios = [.. Enumerable.Range(0, count).Select(k => odd ? (2f * k) + 1 : k + 1)];
        return (ratios, [.. ratios.Select(ratio => MathF.Pow(ratio, -fall))]);
    }
}
