using System.Globalization;
using System.Text;

namespace CavMae.Retrieval.Media;

/// <summary>ffmpeg's filter text for pictures: choose the planned ones, and only those are scaled, turned and cropped.</summary>
internal static class PictureFilter
{
    /// <summary>Bilinear with a triangle as wide as the step down (antialiased), rounding and chroma done with care: as the reference's scaler.</summary>
    private const string ScaleFlags = "flags=bilinear+accurate_rnd+full_chroma_int+full_chroma_inp";

    /// <summary>
    /// The reference reads frames with OpenCV, which takes all video for BT.601, whatever the stream says; so did the model in training.
    /// With the right matrix for a BT.709 clip the mean error to its recorded frames is 2.1 of 255, with this one 1.2.
    /// </summary>
    private const string ReferenceColours = ":in_color_matrix=bt601";

    /// <summary>The planned frames as the model sees them: shorter side to 224, longer to int(224·long/short), the centre 224 × 224, RGB.</summary>
    public static string ForScenes(ScenePlan plan, SourceStreams streams) =>
        $"select='{Choose(plan)}',"
        + (streams.IsExtremelyLong ? CropExtremes : "")
        + "scale=w='if(lte(iw,ih),224,trunc(224*iw/ih))':h='if(lte(iw,ih),trunc(224*ih/iw),224)':" + ScaleFlags + ReferenceColours + ",format=rgb24,"
        + streams.Orientation.Filter
        // The difference is halved and rounded half to even, as Python rounds: ffmpeg's own round() goes away from zero.
        + $"crop=224:224:'{RoundHalfToEven("(iw-224)")}':'{RoundHalfToEven("(ih-224)")}'";

    /// <summary>A picture to look at: the longer side at most <paramref name="maxSide"/>, never enlarged, pixels made square.</summary>
    public static string ForThumbnail(int maxSide, Orientation orientation, bool isExtremelyLong)
    {
        const string Width = "iw*if(gt(sar,0),sar,1)";
        string shrink = string.Create(CultureInfo.InvariantCulture, $"min(1,{maxSide}/max({Width},ih))");
        return (isExtremelyLong ? CropExtremes : "")
            + $"scale=w='max(1,round({Width}*{shrink}))':h='max(1,round(ih*{shrink}))':" + ScaleFlags + ",format=yuvj420p,"
            + orientation.Filter + "setsar=1";
    }

    /// <summary>
    /// Over 8:1 only the middle is kept before scaling: no more than 224 of at least 1,792 columns are seen anyway, and a line of 65,535
    /// pixels would be scaled to fifteen million columns.
    /// </summary>
    private const string CropExtremes = "crop=w='min(iw,8*ih)':h='min(ih,8*iw)':exact=1,";

    private static string RoundHalfToEven(string twice) =>
        // An odd number halved lies between two whole ones: (d + 1)/2 where that is even, else (d − 1)/2.
        $"if(mod({twice},2),if(mod(({twice}+1)/2,2),({twice}-1)/2,({twice}+1)/2),{twice}/2)";

    /// <summary>
    /// True for the first frame at or after each planned one in turn. The planned value is found by halving over how many were chosen so
    /// far, so that a clip of four hours costs some ten comparisons a frame.
    /// </summary>
    private static string Choose(ScenePlan plan)
    {
        StringBuilder text = new();
        AppendTree(text, plan.KeysAreStamps ? "pts" : "n", plan.Keys, 0, plan.Keys.Length);
        return text.ToString();
    }

    private static void AppendTree(StringBuilder text, string variable, long[] keys, int start, int end)
    {
        if (end - start == 1)
        {
            text.Append(CultureInfo.InvariantCulture, $"gte({variable},{keys[start]})");
            return;
        }
        int middle = (start + end) / 2;
        text.Append(CultureInfo.InvariantCulture, $"if(lt(selected_n,{middle}),");
        AppendTree(text, variable, keys, start, middle);
        text.Append(',');
        AppendTree(text, variable, keys, middle, end);
        text.Append(')');
    }
}
