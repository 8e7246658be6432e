using System;
using System.IO;
using System.Text;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>
/// Lets libLibTorchSharp.so load on systems whose libstdc++ is older than GCC 13's (Debian 12, Ubuntu 22.04). The library asks
/// for version GLIBCXX_3.4.32 because of one symbol alone, _ZSt21ios_base_library_initv, a marker that does nothing. In the
/// copy in the output folder the version's need becomes weak, and the symbol is bound to a harmless function of libc
/// (sched_yield) without a version. Newer systems are not affected. The file is replaced, never written in place: the copy
/// may be a hard link to the package's.
/// </summary>
public class MendTorchLibrary : Task
{
    private const string Version = "GLIBCXX_3.4.32";
    private const string Marker = "_ZSt21ios_base_library_initv";
    private const string Substitute = "sched_yield";
    private const ushort Weak = 2, AnyVersion = 1;

    [Required]
    public string Library { get; set; }

    public override bool Execute()
    {
        byte[] elf = File.ReadAllBytes(Library);
        if (elf.Length < 64 || elf[0] != 0x7f || elf[1] != 'E' || elf[4] != 2 || elf[5] != 1)
        {
            Log.LogError("{0} is not a 64-bit little-endian ELF library.", Library);
            return false;
        }
        if (!Mend(elf))
            return !Log.HasLoggedErrors;
        string copy = Library + ".mended";
        File.WriteAllBytes(copy, elf);
        File.SetLastWriteTimeUtc(copy, File.GetLastWriteTimeUtc(Library)); // size and time as before: the next build copies nothing
        File.Delete(Library);
        File.Move(copy, Library);
        Log.LogMessage(MessageImportance.Normal, "{0}: loads without {1} now.", Library, Version);
        return true;
    }

    /// <summary>Whether anything was changed.</summary>
    private bool Mend(byte[] elf)
    {
        Section dynsym = FindSection(elf, 11); // SHT_DYNSYM
        Section strings = SectionAt(elf, dynsym.Link);
        Section versions = FindSection(elf, 0x6fffffff); // SHT_GNU_versym
        Section needs = FindSection(elf, 0x6ffffffe);    // SHT_GNU_verneed

        int index = WeakenNeed(elf, needs, strings);
        if (index < 0)
            return false;
        int bound = 0;
        for (int i = 0; i < dynsym.Size / 24; i++)
        {
            if ((U16(elf, versions.Offset + 2 * i) & 0x7fff) != index)
                continue;
            int name = strings.Offset + (int)U32(elf, dynsym.Offset + 24 * i);
            if (Text(elf, name) != Marker)
            {
                Log.LogError("{0} needs {1} of {2}: this version of TorchSharp needs a newer libstdc++.", Library, Text(elf, name), Version);
                return false;
            }
            byte[] substitute = Encoding.ASCII.GetBytes(Substitute + "\0");
            Buffer.BlockCopy(substitute, 0, elf, name, substitute.Length);
            Put16(elf, versions.Offset + 2 * i, AnyVersion);
            bound++;
        }
        return bound > 0;
    }

    /// <summary>The index of <see cref="Version"/> in the table of symbol versions, or -1 where it is not needed or is weak already.</summary>
    private static int WeakenNeed(byte[] elf, Section needs, Section strings)
    {
        int file = needs.Offset;
        while (true)
        {
            int count = U16(elf, file + 2), need = file + (int)U32(elf, file + 8);
            for (int i = 0; i < count; i++)
            {
                if (Text(elf, strings.Offset + (int)U32(elf, need + 8)) == Version)
                {
                    int flags = U16(elf, need + 4);
                    if ((flags & Weak) != 0)
                        return -1;
                    Put16(elf, need + 4, (ushort)(flags | Weak));
                    return U16(elf, need + 6);
                }
                need += (int)U32(elf, need + 12);
            }
            uint next = U32(elf, file + 12);
            if (next == 0)
                return -1;
            file += (int)next;
        }
    }

    private struct Section
    {
        public int Offset, Size, Link;
    }

    private static Section SectionAt(byte[] elf, int index)
    {
        int header = (int)U64(elf, 40) + index * U16(elf, 58);
        return new Section { Offset = (int)U64(elf, header + 24), Size = (int)U64(elf, header + 32), Link = (int)U32(elf, header + 40) };
    }

    private static Section FindSection(byte[] elf, uint type)
    {
        int count = U16(elf, 60), size = U16(elf, 58), first = (int)U64(elf, 40);
        for (int i = 0; i < count; i++)
        {
            if (U32(elf, first + i * size + 4) == type)
                return SectionAt(elf, i);
        }
        throw new InvalidDataException("The library has no section of type " + type + ".");
    }

    private static string Text(byte[] elf, int start)
    {
        int end = Array.IndexOf(elf, (byte)0, start);
        return Encoding.ASCII.GetString(elf, start, end - start);
    }

    private static ushort U16(byte[] elf, int at) => BitConverter.ToUInt16(elf, at);
    private static uint U32(byte[] elf, int at) => BitConverter.ToUInt32(elf, at);
    private static ulong U64(byte[] elf, int at) => BitConverter.ToUInt64(elf, at);

    private static void Put16(byte[] elf, int at, ushort value)
    {
        elf[at] = (byte)value;
        elf[at + 1] = (byte)(value >> 8);
    }
}
