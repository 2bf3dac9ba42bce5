using TorrentPS.Engine.Runtime;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Storage;

/// <summary>
/// What the swarm loop asks of storage: blocks in, verified pieces on disk. Every call returns at once; what comes of it is
/// told through <see cref="IStorageEvents"/>.
/// </summary>
internal interface IPieceStore : IAsyncDisposable
{
    /// <summary>
    /// Hands over a received block and its ownership. The store hashes each piece's contiguous prefix as blocks arrive; a whole
    /// and right piece is written, a wrong one is dropped. A block that is already held is returned to the pool.
    /// </summary>
    /// <exception cref="ArgumentException">The address is not a block of the torrent; the block stays the caller's.</exception>
    void Submit(BlockAddress address, Block block);

    /// <summary>Forgets the unverified blocks of a piece.</summary>
    void Discard(PieceIndex piece);

    /// <summary>After a fault: tries again to write what waits in memory, and accepts new pieces.</summary>
    void Resume();
}

/// <summary>What storage tells the swarm; called from storage's own threads, so an implementation only posts, and never throws.</summary>
internal interface IStorageEvents
{
    /// <summary>A piece matched its hash and is on disk.</summary>
    /// <param name="piece">The piece.</param>
    /// <param name="digests">One digest per block when the piece had failed before, so that the culprit can be told; else null.</param>
    void PieceVerified(PieceIndex piece, ulong[]? digests);

    /// <summary>A piece did not match its hash and was dropped.</summary>
    /// <param name="piece">The piece.</param>
    /// <param name="digests">One 64-bit digest per block, keyed by a secret of this process so that a peer can't aim for a collision.</param>
    void PieceRejected(PieceIndex piece, ulong[] digests);

    /// <summary>The disk refused. Verified pieces that could not be written are kept until <see cref="IPieceStore.Resume"/>.</summary>
    void Faulted(StorageFault fault);
}

/// <summary>What the send pump asks of storage; safe to call from many threads at once.</summary>
internal interface IContentReader
{
    /// <summary>Reads one contiguous range of content into buffers in order (one scatter read per file section; pad bytes are zero).</summary>
    /// <param name="offset">Offset in the torrent's run, in bytes.</param>
    /// <param name="buffers">Filled whole, in order.</param>
    /// <exception cref="StorageException">The data can't be read: file gone, shorter, or an I/O error.</exception>
    void Read(long offset, IReadOnlyList<Memory<byte>> buffers);
}
