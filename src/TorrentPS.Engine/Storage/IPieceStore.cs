using TorrentPS.Engine.Runtime;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Storage;

/// <summary>
/// Verifies the pieces of a torrent and writes them to disk for the swarm loop. The methods return without waiting for
/// the disk. The results are reported to <see cref="IStorageEvents"/>.
/// </summary>
internal interface IPieceStore : IAsyncDisposable
{
    /// <summary>
    /// Adds a received block to its piece and takes ownership of the block. A complete piece is written if its hash
    /// matches, otherwise dropped. A block that was received before, or whose piece is already written, goes back to
    /// the pool.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// The address is not a block of the torrent. The caller still owns the block.
    /// </exception>
    void Submit(BlockAddress address, Block block);

    /// <summary>Drops the received blocks of a piece. Does nothing if the piece's hash has already matched.</summary>
    void Discard(PieceIndex piece);

    /// <summary>
    /// Continues after an I/O error (<see cref="IStorageEvents.Faulted"/>): tries again to hash or write the pieces
    /// that wait in memory.
    /// </summary>
    void Resume();
}

/// <summary>
/// Receives the results of the piece store: verified pieces, rejected pieces and I/O errors. The methods are called on
/// storage threads and must not block or throw.
/// </summary>
internal interface IStorageEvents
{
    /// <summary>Reports that a piece matched its hash and is on disk.</summary>
    /// <param name="piece">Index of the piece.</param>
    /// <param name="digests">A digest of each block (<see cref="Hashing.BlockDigest"/>) if the piece failed an earlier
    /// hash check; otherwise null. If a block had another digest when the piece failed, that block was wrong.</param>
    void PieceVerified(PieceIndex piece, ulong[]? digests);

    /// <summary>Reports that a piece did not match its hash and was dropped.</summary>
    /// <param name="piece">Index of the piece.</param>
    /// <param name="digests">A digest of each block (<see cref="Hashing.BlockDigest"/>).</param>
    void PieceRejected(PieceIndex piece, ulong[] digests);

    /// <summary>
    /// Reports the first I/O error since the store was created or resumed. Until <see cref="IPieceStore.Resume"/> is
    /// called, no piece is written, and verified pieces stay in memory.
    /// </summary>
    void Faulted(StorageFault fault);
}

/// <summary>Reads the torrent's content for uploading. Thread-safe.</summary>
internal interface IContentReader
{
    /// <summary>
    /// Fills the buffers, one after another, with the torrent's bytes that begin at <paramref name="offset"/>. Padding
    /// reads as zeros.
    /// </summary>
    /// <exception cref="StorageException">A file is missing, too short or cannot be read.</exception>
    void Read(long offset, IReadOnlyList<Memory<byte>> buffers);
}
