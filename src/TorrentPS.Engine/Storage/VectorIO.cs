using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace TorrentPS.Engine.Storage;

/// <summary>
/// Gather writes and scatter reads of a file, as <see cref="RandomAccess"/> has them, but without its two arrays a call: on 64-bit Linux
/// by the system's own calls, elsewhere by <see cref="RandomAccess"/>.
/// </summary>
/// <remarks>What the system does in part or refuses is done over by <see cref="RandomAccess"/>, which knows how to say what is wrong.</remarks>
internal static unsafe partial class VectorIO
{
    /// <summary>Buffers handed over in one call: 4 MiB of blocks, and a quarter of what the system takes.</summary>
    private const int MaxVectors = 256;

    [ThreadStatic]
    private static MemoryHandle[]? t_pins;

    private static bool IsSupported { get; } = OperatingSystem.IsLinux() && Environment.Is64BitProcess;

    /// <summary>Writes buffers in order.</summary>
    /// <exception cref="IOException">As <see cref="RandomAccess.Write(SafeFileHandle, ReadOnlySpan{byte}, long)"/>; so are all others.</exception>
    public static void Write(SafeFileHandle file, IReadOnlyList<ReadOnlyMemory<byte>> buffers, long offset)
    {
        if (!IsSupported)
        {
            RandomAccess.Write(file, buffers, offset);
            return;
        }

        IoVector* vectors = stackalloc IoVector[MaxVectors];
        MemoryHandle[] pins = t_pins ??= new MemoryHandle[MaxVectors];
        for (int first = 0; first < buffers.Count; first += MaxVectors)
        {
            int count = Math.Min(MaxVectors, buffers.Count - first);
            long length = 0;
            for (int i = 0; i < count; i++)
                length += Take(vectors, pins, i, buffers[first + i]);
            long written = WriteVectors(file, vectors, count, offset);
            Release(pins, count);
            for (int i = 0; written < length && i < count; i++)
                RandomAccess.Write(file, buffers[first + i].Span, offset + Before(buffers, first, i));
            offset += length;
        }
    }

    /// <summary>Reads into buffers in order.</summary>
    /// <returns>How many bytes; fewer than asked for at the end of the file.</returns>
    /// <exception cref="IOException">As <see cref="RandomAccess.Read(SafeFileHandle, Span{byte}, long)"/>; so are all others.</exception>
    public static long Read(SafeFileHandle file, IReadOnlyList<Memory<byte>> buffers, long offset)
    {
        if (!IsSupported)
            return RandomAccess.Read(file, buffers, offset);

        IoVector* vectors = stackalloc IoVector[MaxVectors];
        MemoryHandle[] pins = t_pins ??= new MemoryHandle[MaxVectors];
        long total = 0;
        for (int first = 0; first < buffers.Count; first += MaxVectors)
        {
            int count = Math.Min(MaxVectors, buffers.Count - first);
            long length = 0;
            for (int i = 0; i < count; i++)
                length += Take(vectors, pins, i, buffers[first + i]);
            long read = ReadVectors(file, vectors, count, offset + total);
            Release(pins, count);
            if (read < length)
                return total + ReadOneByOne(file, buffers, first, offset + total);
            total += length;
        }

        return total;
    }

    private static long ReadOneByOne(SafeFileHandle file, IReadOnlyList<Memory<byte>> buffers, int first, long offset)
    {
        long total = 0;
        for (int i = first; i < buffers.Count; i++)
        {
            Span<byte> rest = buffers[i].Span;
            while (!rest.IsEmpty)
            {
                int read = RandomAccess.Read(file, rest, offset + total);
                if (read == 0)
                    return total;
                total += read;
                rest = rest[read..];
            }
        }

        return total;
    }

    private static long Before(IReadOnlyList<ReadOnlyMemory<byte>> buffers, int first, int index)
    {
        long length = 0;
        for (int i = 0; i < index; i++)
            length += buffers[first + i].Length;
        return length;
    }

    private static int Take(IoVector* vectors, MemoryHandle[] pins, int index, ReadOnlyMemory<byte> buffer)
    {
        pins[index] = buffer.Pin();
        vectors[index] = new IoVector((nint)pins[index].Pointer, buffer.Length);
        return buffer.Length;
    }

    private static void Release(MemoryHandle[] pins, int count)
    {
        for (int i = 0; i < count; i++)
            pins[i].Dispose();
    }

    [LibraryImport("libc", EntryPoint = "pwritev")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint WriteVectors(SafeFileHandle file, IoVector* vectors, int count, long offset);

    [LibraryImport("libc", EntryPoint = "preadv")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint ReadVectors(SafeFileHandle file, IoVector* vectors, int count, long offset);

    /// <summary>The system's <c>struct iovec</c>.</summary>
    private readonly record struct IoVector(nint Start, nint Length);
}
