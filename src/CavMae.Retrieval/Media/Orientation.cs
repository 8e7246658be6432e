using System.Globalization;

namespace CavMae.Retrieval.Media;

/// <summary>
/// How a stored picture is turned to be shown: one of the eight ways of a rectangle. ffmpeg's own turning is switched off, since it
/// turns every decoded picture at full size (and, in 5.1, no still picture at all); ours turns the few chosen ones when they are small.
/// </summary>
/// <param name="IsTransposed">Rows become columns, before the flips.</param>
/// <param name="IsMirrored">Left and right of the picture shown are exchanged.</param>
/// <param name="IsUpsideDown">Top and bottom of the picture shown are exchanged.</param>
internal readonly record struct Orientation(bool IsTransposed, bool IsMirrored, bool IsUpsideDown)
{
    /// <summary>The filter that does it, with a comma behind; empty for upright pictures.</summary>
    public string Filter => (IsTransposed, IsMirrored, IsUpsideDown) switch
    {
        (true, false, false) => "transpose=cclock_flip,",
        (true, true, false) => "transpose=clock,",
        (true, false, true) => "transpose=cclock,",
        (true, true, true) => "transpose=clock_flip,",
        (false, true, true) => "hflip,vflip,",
        (false, true, false) => "hflip,",
        (false, false, true) => "vflip,",
        _ => "",
    };

    /// <summary>From the EXIF tag Orientation (1 to 8); anything else is upright.</summary>
    public static Orientation FromExif(int value) => value switch
    {
        2 => new(false, true, false),
        3 => new(false, true, true),
        4 => new(false, false, true),
        5 => new(true, false, false),
        6 => new(true, true, false),
        7 => new(true, true, true),
        8 => new(true, false, true),
        _ => default,
    };

    /// <summary>
    /// From a display matrix as ffprobe prints it, three rows "0000000N: a b u". Shown x = a·x + c·y, shown y = b·x + d·y (y downwards);
    /// angles in between are taken to the nearest quarter turn.
    /// </summary>
    public static Orientation FromDisplayMatrix(ReadOnlySpan<char> printed)
    {
        Span<double> matrix = stackalloc double[9];
        int count = 0;
        foreach (Range part in printed.SplitAny(' ', '\n'))
        {
            ReadOnlySpan<char> word = printed[part];
            if (count < 9 && !word.EndsWith(":") && double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out double value))
                matrix[count++] = value;
        }
        if (count < 9)
            return default;
        double a = matrix[0], b = matrix[1], c = matrix[3], d = matrix[4];
        bool isTransposed = Math.Abs(b) + Math.Abs(c) > Math.Abs(a) + Math.Abs(d);
        return isTransposed ? new(true, c < 0, b < 0) : new(false, a < 0, d < 0);
    }
}
