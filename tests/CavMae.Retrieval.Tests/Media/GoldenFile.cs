using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace CavMae.Retrieval.Tests.Media;

/// <summary>Reads the recorded numbers: safetensors = 8-byte header length, JSON header, raw data.</summary>
internal sealed class GoldenFile
{
    private readonly byte[] _bytes;
    private readonly JsonElement _header;
    private readonly int _dataStart;

    public GoldenFile(string path)
    {
        _bytes = File.ReadAllBytes(path);
        int headerBytes = (int)BinaryPrimitives.ReadUInt64LittleEndian(_bytes);
        _header = JsonDocument.Parse(_bytes.AsMemory(8, headerBytes)).RootElement;
        _dataStart = 8 + headerBytes;
    }

    public T[] Read<T>(string name)
        where T : unmanaged
    {
        JsonElement offsets = _header.GetProperty(name).GetProperty("data_offsets");
        int start = offsets[0].GetInt32(), end = offsets[1].GetInt32();
        return MemoryMarshal.Cast<byte, T>(_bytes.AsSpan(_dataStart + start, end - start)).ToArray();
    }
}
