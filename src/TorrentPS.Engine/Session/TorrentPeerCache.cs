using System.Net;
using TorrentPS.Engine.Discovery;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Session;

/// <summary>Reads and writes one public torrent's entry in the session's peer cache.</summary>
internal sealed class TorrentPeerCache(InfoHash torrent, IPeerCache cache, TimeProvider time)
{
    /// <summary>
    /// Reads the cached peers and passes them to <paramref name="found"/>, possibly in several groups.
    /// </summary>
    public async Task FindAsync(Action<IReadOnlyList<IPEndPoint>> found, CancellationToken cancellation)
    {
        await foreach (IReadOnlyList<CachedPeer> peers in cache.FindAsync(torrent, cancellation))
            found([.. peers.Select(peer => peer.EndPoint)]);
    }

    /// <summary>
    /// Adds peers to the cache. Each peer has exchanged content with this client or accepted a connection from it. Does
    /// not wait for the write.
    /// </summary>
    public void AddPeers(IReadOnlyList<GoodPeer> peers)
    {
        DateTimeOffset now = time.GetUtcNow();
        cache.Add(torrent, [.. peers.Select(peer => new CachedPeer(peer.EndPoint, now, peer.Rate))]);
    }

    /// <summary>Deletes the torrent's entry in the peer cache. Does not wait for the deletion.</summary>
    public void Remove() => cache.Remove(torrent);
}
