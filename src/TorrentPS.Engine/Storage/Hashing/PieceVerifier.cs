using System.Collections.Concurrent;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Storage.Hashing;

/// <summary>
/// Computes the hash of a piece while the piece's bytes are appended in order. One object can hash any number of
/// pieces, one after another.
/// </summary>
internal abstract class PieceHash : IDisposable
{
    /// <summary>Appends the next bytes of the piece: whole 16 KiB blocks in every call but the last.</summary>
    public abstract void Append(ReadOnlySpan<byte> bytes);

    /// <summary>
    /// Completes the hash and returns whether it equals the torrent's hash of the piece. The next appended bytes begin
    /// another piece.
    /// </summary>
    public abstract bool Matches(PieceIndex piece);

    /// <summary>Drops the bytes appended so far. The next appended bytes begin another piece.</summary>
    public abstract void Reset();

    /// <inheritdoc/>
    public abstract void Dispose();
}

/// <summary>Verifies the pieces of one torrent. Pools <see cref="PieceHash"/> objects for reuse. Thread-safe.</summary>
internal abstract class PieceVerifier : IDisposable
{
    private readonly ConcurrentBag<PieceHash> _pool = [];

    /// <summary>
    /// Creates the verifier for a torrent: by SHA-1 for v1 and hybrid torrents, by Merkle trees of SHA-256 for v2
    /// torrents.
    /// </summary>
    public static PieceVerifier Of(TorrentMetainfo torrent) => torrent.Version == MetainfoVersion.V2
        ? new MerklePieceVerifier(torrent.TryGetPieceRoot)
        : new Sha1PieceVerifier(torrent.PieceHash);

    public PieceHash Rent() => _pool.TryTake(out PieceHash? hash) ? hash : Create();

    /// <summary>
    /// Puts a hash object back into the pool. The caller must have called <see cref="PieceHash.Matches"/> or
    /// <see cref="PieceHash.Reset"/> after the last appended bytes.
    /// </summary>
    public void Return(PieceHash hash) => _pool.Add(hash);

    /// <inheritdoc/>
    public void Dispose()
    {
        while (_pool.TryTake(out PieceHash? hash))
            hash.Dispose();
    }

    protected abstract PieceHash Create();
}
