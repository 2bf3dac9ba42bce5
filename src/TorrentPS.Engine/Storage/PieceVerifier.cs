using System.Collections.Concurrent;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Storage;

/// <summary>A hash over one piece that grows as its bytes come.</summary>
internal abstract class PieceHash : IDisposable
{
    /// <summary>Adds bytes. Every call but a piece's last adds a whole number of blocks.</summary>
    public abstract void Append(ReadOnlySpan<byte> bytes);

    /// <summary>Ends the hash, compares it with what the torrent says, and is ready for another piece.</summary>
    public abstract bool Matches(PieceIndex piece);

    /// <summary>Forgets what was added.</summary>
    public abstract void Reset();

    /// <inheritdoc/>
    public abstract void Dispose();
}

/// <summary>What a torrent says its pieces hash to, and the hashes to find out, kept for reuse. Thread-safe.</summary>
internal abstract class PieceVerifier : IDisposable
{
    private readonly ConcurrentBag<PieceHash> _free = [];

    /// <summary>What verifies the pieces of a torrent: SHA-1 where it has a v1 part, else the SHA-256 trees.</summary>
    public static PieceVerifier Of(TorrentMetainfo torrent) => torrent.Version == MetainfoVersion.V2
        ? new MerklePieceVerifier(torrent.TryGetPieceRoot)
        : new Sha1PieceVerifier(torrent.PieceHash);

    /// <summary>Takes a fresh hash; give it back with <see cref="Return"/>.</summary>
    public PieceHash Rent() => _free.TryTake(out PieceHash? hash) ? hash : Create();

    /// <summary>Takes a hash back; it has been reset or has ended its piece.</summary>
    public void Return(PieceHash hash) => _free.Add(hash);

    /// <inheritdoc/>
    public void Dispose()
    {
        while (_free.TryTake(out PieceHash? hash))
            hash.Dispose();
    }

    /// <summary>Makes one more hash.</summary>
    protected abstract PieceHash Create();
}
