using SkiaSharp;

namespace CavMae.Training.Reporting;

/// <summary>
/// Letters of 5 × 7 dots, so that charts look the same where no font is installed: capitals, digits and punctuation. Small
/// letters are drawn as capitals, characters that it lacks as a question mark.
/// </summary>
internal static class BitmapFont
{
    public const int GlyphWidth = 5, GlyphHeight = 7, Advance = GlyphWidth + 1;

    /// <summary>A character, then its seven rows from the top; # is a dot of ink.</summary>
    private const string Drawing = """
        A .###. #...# #...# ##### #...# #...# #...#
        B ####. #...# #...# ####. #...# #...# ####.
        C .###. #...# #.... #.... #.... #...# .###.
        D ####. #...# #...# #...# #...# #...# ####.
        E ##### #.... #.... ####. #.... #.... #####
        F ##### #.... #.... ####. #.... #.... #....
        G .###. #...# #.... #.### #...# #...# .####
        H #...# #...# #...# ##### #...# #...# #...#
        I .###. ..#.. ..#.. ..#.. ..#.. ..#.. .###.
        J ..### ...#. ...#. ...#. ...#. #..#. .##..
        K #...# #..#. #.#.. ##... #.#.. #..#. #...#
        L #.... #.... #.... #.... #.... #.... #####
        M #...# ##.## #.#.# #.#.# #...# #...# #...#
        N #...# #...# ##..# #.#.# #..## #...# #...#
        O .###. #...# #...# #...# #...# #...# .###.
        P ####. #...# #...# ####. #.... #.... #....
        Q .###. #...# #...# #...# #.#.# #..#. .##.#
        R ####. #...# #...# ####. #.#.. #..#. #...#
        S .#### #.... #.... .###. ....# ....# ####.
        T ##### ..#.. ..#.. ..#.. ..#.. ..#.. ..#..
        U #...# #...# #...# #...# #...# #...# .###.
        V #...# #...# #...# #...# #...# .#.#. ..#..
        W #...# #...# #...# #.#.# #.#.# ##.## #...#
        X #...# #...# .#.#. ..#.. .#.#. #...# #...#
        Y #...# #...# .#.#. ..#.. ..#.. ..#.. ..#..
        Z ##### ....# ...#. ..#.. .#... #.... #####
        0 .###. #...# #..## #.#.# ##..# #...# .###.
        1 ..#.. .##.. ..#.. ..#.. ..#.. ..#.. .###.
        2 .###. #...# ....# ..##. .#... #.... #####
        3 ##### ...#. ..#.. ...#. ....# #...# .###.
        4 ...#. ..##. .#.#. #..#. ##### ...#. ...#.
        5 ##### #.... ####. ....# ....# #...# .###.
        6 ..##. .#... #.... ####. #...# #...# .###.
        7 ##### ....# ...#. ..#.. .#... .#... .#...
        8 .###. #...# #...# .###. #...# #...# .###.
        9 .###. #...# #...# .#### ....# ...#. .##..
        . ..... ..... ..... ..... ..... .##.. .##..
        , ..... ..... ..... ..... .##.. ..#.. .#...
        : ..... .##.. .##.. ..... .##.. .##.. .....
        ; ..... .##.. .##.. ..... .##.. ..#.. .#...
        - ..... ..... ..... ##### ..... ..... .....
        + ..... ..#.. ..#.. ##### ..#.. ..#.. .....
        = ..... ..... ##### ..... ##### ..... .....
        _ ..... ..... ..... ..... ..... ..... #####
        * ..... ..#.. #.#.# .###. #.#.# ..#.. .....
        / ..... ....# ...#. ..#.. .#... #.... .....
        ( ...#. ..#.. .#... .#... .#... ..#.. ...#.
        ) .#... ..#.. ...#. ...#. ...#. ..#.. .#...
        [ .###. .#... .#... .#... .#... .#... .###.
        ] .###. ...#. ...#. ...#. ...#. ...#. .###.
        < ...#. ..#.. .#... #.... .#... ..#.. ...#.
        > .#... ..#.. ...#. ....# ...#. ..#.. .#...
        % ##... ##..# ...#. ..#.. .#... #..## ...##
        & .##.. #..#. #.#.. .#... #.#.# #..#. .##.#
        @ .###. #...# ....# .##.# #.#.# #.#.# .###.
        ! ..#.. ..#.. ..#.. ..#.. ..#.. ..... ..#..
        ? .###. #...# ....# ...#. ..#.. ..... ..#..
        ' ..#.. ..#.. .#... ..... ..... ..... .....
        " .#.#. .#.#. ..... ..... ..... ..... .....
        """;

    private static readonly Dictionary<char, string[]> Glyphs = Drawing
        .Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .ToDictionary(line => line[0], line => line[2..].TrimEnd().Split(' '));

    public static bool Has(char character) => character == ' ' || Glyphs.ContainsKey(char.ToUpperInvariant(character));

    /// <summary>Width in pixels.</summary>
    public static int Measure(string text, int dotPixels) => text.Length == 0 ? 0 : (text.Length * Advance - 1) * dotPixels;

    /// <summary>The longest start of a text that fits, with two dots where something was cut off.</summary>
    public static string Fit(string text, int widthPixels, int dotPixels)
    {
        if (Measure(text, dotPixels) <= widthPixels)
            return text;
        int letters = Math.Max(0, (widthPixels / dotPixels + 1) / Advance - 2);
        return text[..Math.Min(letters, text.Length)] + "..";
    }

    /// <summary>Draws a line of text with its upper left corner at (<paramref name="x"/>, <paramref name="y"/>).</summary>
    public static void Draw(SKCanvas canvas, string text, int x, int y, SKColor colour, int dotPixels)
    {
        using SKPaint paint = new() { Color = colour, IsAntialias = false };
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == ' ')
                continue;
            string[] rows = Glyphs.TryGetValue(char.ToUpperInvariant(text[i]), out string[]? known) ? known : Glyphs['?'];
            for (int dot = 0; dot < GlyphWidth * GlyphHeight; dot++)
            {
                (int row, int column) = (dot / GlyphWidth, dot % GlyphWidth);
                if (rows[row][column] == '#')
                    canvas.DrawRect(x + (i * Advance + column) * dotPixels, y + row * dotPixels, dotPixels, dotPixels, paint);
            }
        }
    }
}
