using TorrentPS.Engine.Runtime;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Storage;

/// <summary>
/// Verifies and stores the pieces of a torrent for the swarm loop. Every call returns at once; the outcome is reported
/// to <see cref="IStorageEvents"/>.
/// </summary>
internal interface IPieceStore : IAsyncDisposable
{
    /// <summary>
    /// Takes ownership of a received block. A complete piece is written if it matches its hash, and dropped if not. A
    /// block received before, or of a piece already written, is returned to the pool.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// The address is not a block of the torrent. The caller keeps the block.
    /// </exception>
    void Submit(BlockAddress address, Block block);

    /// <summary>Drops the received blocks of a piece, unless its hash has matched.</summary>
    void Discard(PieceIndex piece);

    /// <summary>Ends the pause after a fault: pieces that wait in memory are written or hashed again.</summary>
    void Resume();
}

/// <summary>
/// Receives the outcome for each piece. Called on storage threads, so an implementation only posts to a queue and does
/// not throw.
/// </summary>
internal interface IStorageEvents
{
    /// <summary>Reports that a piece matched its hash and is on disk.</summary>
    /// <param name="piece">Index of the piece.</param>
    /// <param name="digests">
    /// A digest of each block if the piece had failed before, to compare with the failed version's; otherwise null.
    /// </param>
    void PieceVerified(PieceIndex piece, ulong[]? digests);

    /// <summary>Reports that a piece did not match its hash and was dropped.</summary>
    /// <param name="piece">Index of the piece.</param>
    /// <param name="digests">A digest of each block (<see cref="Hashing.BlockDigest"/>).</param>
    void PieceRejected(PieceIndex piece, ulong[] digests);

    /// <summary>
    /// Reports the first I/O error since <see cref="IPieceStore.Resume"/>. Until the next call of it, verified pieces
    /// stay in memory.
    /// </summary>
    void Faulted(StorageFault fault);
}

/// <summary>Reads content for uploading. Thread-safe.</summary>
internal interface IContentReader
{
    /// <summary>Fills buffers, one after another, from an offset in the torrent on. Padding reads as zeros.</summary>
    /// <exception cref="StorageException">A file is missing, too short or cannot be read.</exception>
    void Read(long offset, IReadOnlyList<Memory<byte>> buffers);
}
