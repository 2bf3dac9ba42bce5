using System.Runtime.InteropServices;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Runtime;

/// <summary>
/// 16 KiB of pooled and pinned memory for one received block. It has one owner at a time, which must pass it on or
/// give it back to its <see cref="BlockPool"/>.
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
    /// All <see cref="TorrentGeometry.BlockLength"/> bytes of the memory. A received block may be shorter. It then
    /// fills only the first part.
    /// </summary>
    public Span<byte> Span => _slab.AsSpan(_offset, TorrentGeometry.BlockLength);

    /// <summary>
    /// The same bytes as <see cref="Span"/>, in the form that asynchronous reads and gather writes need.
    /// </summary>
    public Memory<byte> Memory => MemoryMarshal.CreateFromPinnedArray(_slab, _offset, TorrentGeometry.BlockLength);

    /// <summary>Whether the block is rented. The pool uses this to detect a block that is given back twice.</summary>
    internal bool IsRented { get; set; }
}
