using CavMae.Checkpoints;

namespace CavMae.Export.Tests.Support;

/// <summary>The fixtures' checkpoint with some of its tensors left out, changed or added.</summary>
internal static class ChangedCheckpoint
{
    /// <param name="path">The file to write.</param>
    /// <param name="change">What a tensor becomes; null leaves it out.</param>
    /// <param name="added">Further tensors.</param>
    /// <returns><paramref name="path"/></returns>
    public static string Write(string path, Func<TensorToWrite, TensorToWrite?> change, params TensorToWrite[] added)
    {
        using var source = Checkpoint.Open(TinyModel.CheckpointPath);
        CheckpointWriter.Write(path, [.. Tensors(source, change), .. added], TestContext.Current.CancellationToken);
        return path;
    }

    /// <summary>The same as a safetensors file.</summary>
    public static string WriteSafeTensors(string path, Func<TensorToWrite, TensorToWrite?> change, params TensorToWrite[] added)
    {
        using var source = Checkpoint.Open(TinyModel.CheckpointPath);
        SafeTensorsWriter.Write(path, [.. Tensors(source, change), .. added], new Dictionary<string, string> { [Checkpoint.HeadsKey] = "4" });
        return path;
    }

    /// <summary>A tensor of zeros.</summary>
    public static TensorToWrite Zeros(string name, params long[] shape) => new(name, shape, elements => elements.Clear());

    /// <summary>The same tensor with one element set.</summary>
    public static TensorToWrite With(TensorToWrite tensor, int index, float value) =>
        tensor with { Source = elements => { tensor.Source(elements); elements[index] = value; } };

    private static IEnumerable<TensorToWrite> Tensors(Checkpoint source, Func<TensorToWrite, TensorToWrite?> change) => source.Names.Select(name =>
        change(new TensorToWrite(name, source[name].Shape, elements =>
        {
            // A changed shape may ask for more elements than there are.
            float[] values = source.ReadFloats(name);
            values.AsSpan(0, Math.Min(values.Length, elements.Length)).CopyTo(elements);
        }))).OfType<TensorToWrite>();
}
