using System.Security.Cryptography;
using System.Text;

namespace CavMae.Retrieval.Index.Qdrant;

/// <summary>
/// Names of a store's two collections, or of two aliases for them. Those of real collections hold a dot, which no <see cref="QdrantIndexOptions.Collection"/>
/// can, so that no store is ever named as another one's collection.
/// </summary>
internal sealed record StoreNames(string Scenes, string Clips)
{
    public static StoreNames Of(string name) => new(name, name + "_clips");

    /// <summary>
    /// The first collections of a store, alike for every model: of processes that start at once only one can make them, and the others see for which model.
    /// </summary>
    public static StoreNames FirstOf(string name) => Of(name + ".first");

    /// <summary>The collections a store is reindexed into.</summary>
    public static StoreNames OfModel(string name, string modelId) => Of($"{name}.{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(modelId)).AsSpan(0, 4))}");

    /// <summary>Aliases for the collections that were in use before the last reindex.</summary>
    public static StoreNames PreviousOf(string name) => Of(name + "_previous");
}
