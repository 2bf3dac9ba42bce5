using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace TorrentPS.Engine.Storage.Files;

/// <summary>
/// Gather writes and scatter reads of a file. On 64-bit Linux they call <c>pwritev</c> and <c>preadv</c>, which avoids
/// the two arrays that <see cref="RandomAccess"/> allocates per call. Elsewhere they use <see cref="RandomAccess"/>.
/// </summary>
/// <remarks>
/// If the system call fails or transfers only a part of the bytes, all of them are transferred again with
/// <see cref="RandomAccess"/>, which throws an exception for the error.
/// </remarks>
internal static unsafe partial class VectorIO
{
    /// <summary>
    /// Maximum number of buffers per system call; Linux accepts up to 1,024. 256 buffers are 4 MiB of blocks, and their
    /// descriptors take 4 KiB of stack.
    /// </summary>
    private const int MaxVectors = 256;

    [ThreadStatic]
    private static MemoryHandle[]? t_pins;

    private static bool IsSupported { get; } = OperatingSystem.IsLinux() && Environment.Is64BitProcess;

    /// <summary>Writes the buffers one after another, beginning at an offset in the file.</summary>
    /// <exception cref="IOException">The file cannot be written. Other exceptions are those of
    /// <see cref="RandomAccess.Write(SafeFileHandle, ReadOnlySpan{byte}, long)"/>.</exception>
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
                length += PinBuffer(vectors, pins, i, buffers[first + i]);
            long written = WriteVectors(file, vectors, count, offset);
            Unpin(pins, count);
            for (int i = 0; written < length && i < count; i++)
                RandomAccess.Write(file, buffers[first + i].Span, offset + LengthBefore(buffers, first, i));
            offset += length;
        }
    }

    /// <summary>Fills the buffers, one after another, with bytes that begin at an offset in the file.</summary>
    /// <returns>Number of bytes read; fewer than requested at the end of the file.</returns>
    /// <exception cref="IOException">The file cannot be read. Other exceptions are those of
    /// <see cref="RandomAccess.Read(SafeFileHandle, Span{byte}, long)"/>.</exception>
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
                length += PinBuffer(vectors, pins, i, buffers[first + i]);
            long read = ReadVectors(file, vectors, count, offset + total);
            Unpin(pins, count);
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

    private static long LengthBefore(IReadOnlyList<ReadOnlyMemory<byte>> buffers, int first, int index)
    {
        long length = 0;
        for (int i = 0; i < index; i++)
            length += buffers[first + i].Length;
        return length;
    }

    private static int PinBuffer(IoVector* vectors, MemoryHandle[] pins, int index, ReadOnlyMemory<byte> buffer)
    {
        pins[index] = buffer.Pin();
        vectors[index] = new IoVector((nint)pins[index].Pointer, buffer.Length);
        return buffer.Length;
    }

    private static void Unpin(MemoryHandle[] pins, int count)
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

    /// <summary>The layout of <c>struct iovec</c> (POSIX).</summary>
    private readonly record struct IoVector(nint Start, nint Length);
}
