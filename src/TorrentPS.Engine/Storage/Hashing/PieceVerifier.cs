using System.Collections.Concurrent;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Storage.Hashing;

/// <summary>Incremental hash of one piece.</summary>
internal abstract class PieceHash : IDisposable
{
    /// <summary>Appends the next bytes of the piece: whole 16 KiB blocks in every call but the last.</summary>
    public abstract void Append(ReadOnlySpan<byte> bytes);

    /// <summary>
    /// Completes the hash, compares it with the torrent's hash of the piece, and resets it for another piece.
    /// </summary>
    public abstract bool Matches(PieceIndex piece);

    /// <summary>Resets the hash to no bytes.</summary>
    public abstract void Reset();

    /// <inheritdoc/>
    public abstract void Dispose();
}

/// <summary>Verifies the pieces of one torrent. Pools <see cref="PieceHash"/> objects for reuse. Thread-safe.</summary>
internal abstract class PieceVerifier : IDisposable
{
    private readonly ConcurrentBag<PieceHash> _pool = [];

    /// <summary>
    /// Returns the verifier for a torrent: SHA-1 for v1 and hybrid torrents, SHA-256 Merkle trees for v2.
    /// </summary>
    public static PieceVerifier Of(TorrentMetainfo torrent) => torrent.Version == MetainfoVersion.V2
        ? new MerklePieceVerifier(torrent.TryGetPieceRoot)
        : new Sha1PieceVerifier(torrent.PieceHash);

    /// <summary>Takes an empty hash from the pool. The caller gives it back with <see cref="Return"/>.</summary>
    public PieceHash Rent() => _pool.TryTake(out PieceHash? hash) ? hash : Create();

    /// <summary>Gives a hash back, after <see cref="PieceHash.Matches"/> or <see cref="PieceHash.Reset"/>.</summary>
    public void Return(PieceHash hash) => _pool.Add(hash);

    /// <inheritdoc/>
    public void Dispose()
    {
        while (_pool.TryTake(out PieceHash? hash))
            hash.Dispose();
    }

    /// <summary>Creates a hash when the pool is empty.</summary>
    protected abstract PieceHash Create();
}
