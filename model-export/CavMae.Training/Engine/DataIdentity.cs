using System.Security.Cryptography;
using System.Text;
using CavMae.Training.Data;

namespace CavMae.Training.Engine;

/// <summary>Tells one data set from another, so that a run goes on only with the data it was begun with.</summary>
internal static class DataIdentity
{
    private const int ShownDigits = 16;

    /// <summary>The number of samples and a hash of their names in order.</summary>
    public static string Of(ISampleSource source)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int i = 0; i < source.Count; i++)
            hash.AppendData(Encoding.UTF8.GetBytes(source.NameOf(i) + '\n'));
        return $"{source.Count}-{Convert.ToHexStringLower(hash.GetHashAndReset())[..ShownDigits]}";
    }
}
