using System.Runtime.InteropServices;
using CavMae.Checkpoints.Formats;

namespace CavMae.Checkpoints;

/// <summary>An open safetensors file: named tensors of any element type, read on demand. Reading is thread-safe.</summary>
public sealed class SafeTensors : IDisposable
{
    private readonly TensorFile file;
    private readonly Dictionary<string, TensorEntry> tensors;

    private SafeTensors(TensorFile file, Dictionary<string, string> metadata)
    {
        this.file = file;
        tensors = SafeTensorsFormat.Read(file, metadata).ToDictionary(entry => entry.Info.Name, StringComparer.Ordinal);
        Names = [.. tensors.Keys.Order(StringComparer.Ordinal)];
        Metadata = metadata;
    }

    /// <summary>Names of all tensors in ordinal order.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The header's <c>__metadata__</c>; empty where there is none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <exception cref="CheckpointException">The file is damaged or not of this format.</exception>
    /// <exception cref="IOException">The file is missing or cannot be opened.</exception>
    public static SafeTensors Open(string path)
    {
        TensorFile file = new(path);
        try
        {
            return new SafeTensors(file, new Dictionary<string, string>(StringComparer.Ordinal));
        }
        catch (CheckpointException problem)
        {
            file.Dispose();
            throw problem.In(path);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public bool Contains(string name) => tensors.ContainsKey(name);

    /// <exception cref="CheckpointException">There is no tensor of that name.</exception>
    public TensorInfo this[string name] => tensors.TryGetValue(name, out TensorEntry? entry)
        ? entry.Info
        : throw new CheckpointException($"there is no tensor {name}").In(file.Path);

    /// <summary>Outermost dimension first.</summary>
    /// <exception cref="CheckpointException">There is no tensor of that name.</exception>
    public IReadOnlyList<long> Shape(string name) => this[name].Shape;

    /// <summary>A floating-point tensor, row-major, as float32.</summary>
    /// <exception cref="CheckpointException">No such tensor, or not floating-point.</exception>
    public float[] ReadFloats(string name)
    {
        TensorInfo info = this[name];
        if (!info.ElementType.IsFloating())
            throw new CheckpointException($"{name} holds {info.ElementType}, not floating-point numbers").In(file.Path);
        var values = new float[info.ElementCount];
        try
        {
            file.ReadFloats(tensors[name], firstElement: 0, values);
        }
        catch (CheckpointException problem)
        {
            throw problem.In(file.Path);
        }
        return values;
    }

    /// <exception cref="CheckpointException">No such tensor, or not of int16.</exception>
    public short[] ReadInt16(string name) => Read<short>(name, ElementType.Int16);

    /// <exception cref="CheckpointException">No such tensor, or not of int64.</exception>
    public long[] ReadInt64(string name) => Read<long>(name, ElementType.Int64);

    /// <exception cref="CheckpointException">No such tensor, or not of uint8.</exception>
    public byte[] ReadBytes(string name) => Read<byte>(name, ElementType.UInt8);

    public void Dispose() => file.Dispose();

    private T[] Read<T>(string name, ElementType type) where T : unmanaged
    {
        TensorInfo info = this[name];
        if (info.ElementType != type)
            throw new CheckpointException($"{name} holds {info.ElementType}, not {type}").In(file.Path);
        var values = new T[info.ElementCount];
        try
        {
            file.ReadBytes(tensors[name], MemoryMarshal.AsBytes(values.AsSpan()));
        }
        catch (CheckpointException problem)
        {
            throw problem.In(file.Path);
        }
        return values;
    }
}
