using System.Runtime.InteropServices;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Runtime;

/// <summary>
/// 16 KiB of pooled and pinned memory for one received block. It has one owner at a time, which passes it on or returns
/// it to its <see cref="BlockPool"/>.
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

    /// <summary>
    /// All <see cref="TorrentGeometry.BlockLength"/> bytes. The last block of a torrent fills only part of them.
    /// </summary>
    public Span<byte> Span => _slab.AsSpan(_offset, TorrentGeometry.BlockLength);

    /// <summary>The same bytes as <see cref="Span"/>, as memory for gather writes.</summary>
    public Memory<byte> Memory => MemoryMarshal.CreateFromPinnedArray(_slab, _offset, TorrentGeometry.BlockLength);

    /// <summary>Whether the block is rented. The pool uses it to detect a block that is returned twice.</summary>
    internal bool IsRented { get; set; }
}
