using System.Runtime.InteropServices;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Runtime;

/// <summary>
/// 16 KiB of pooled, pinned memory that holds one received block. It has one owner at a time: whoever is handed it gives it on
/// or returns it to its <see cref="BlockPool"/>.
/// </summary>
internal sealed class Block
{
    private readonly byte[] _slab;
    private readonly int _offset;

    internal Block(byte[] slab, int offset)
    {
        _slab = slab;
        _offset = offset;
    }

    /// <summary>The whole block: <see cref="TorrentGeometry.BlockLength"/> bytes, of which the last block of a piece uses fewer.</summary>
    public Span<byte> Span => _slab.AsSpan(_offset, TorrentGeometry.BlockLength);

    /// <summary>The same bytes as memory, for gather writes.</summary>
    public Memory<byte> Memory => MemoryMarshal.CreateFromPinnedArray(_slab, _offset, TorrentGeometry.BlockLength);

    /// <summary>Whether the block is out of its pool: catches a double return.</summary>
    internal bool IsRented { get; set; }
}
