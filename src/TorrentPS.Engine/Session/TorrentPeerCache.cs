using System.Net;
using TorrentPS.Engine.Discovery;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Engine.Trackers;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Session;

/// <summary>Reads and writes one public torrent's entries in the session's peer caches.</summary>
/// <param name="torrent">The info hash.</param>
/// <param name="cache">Cache of peers.</param>
/// <param name="local">
/// Cache of the trackers' responses. The responses depend on this host's address, so they are not shared with other
/// hosts.
/// </param>
/// <param name="time">The clock.</param>
internal sealed class TorrentPeerCache(InfoHash torrent, IPeerCache cache, FilePeerCache local, TimeProvider time)
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
    /// Finds a cached tracker response that is still valid: this client announced the same port, the response has
    /// peers, and the tracker doesn't allow the next announce yet. Schedules the next announce to that tracker for the
    /// time from which the tracker allows it.
    /// </summary>
    /// <param name="announcer">The announcer of the torrent's trackers, which must not be started yet.</param>
    /// <param name="trackers">The torrent's trackers.</param>
    /// <param name="port">The TCP port that this client will announce.</param>
    /// <returns>The peers of the first valid response; empty if there is none.</returns>
    public async Task<IReadOnlyList<IPEndPoint>> FindResponsePeersAsync(
        TrackerAnnouncer announcer, IEnumerable<Uri> trackers, ushort port)
    {
        PeerCacheEntry entry = await local.LoadAsync(torrent, CancellationToken.None);
        DateTimeOffset now = time.GetUtcNow();
        foreach (CachedAnswer answer in entry.Answers)
        {
            if (answer.Port != port || answer.NotBefore <= now || answer.Peers.Count == 0)
                continue;
            if (trackers.FirstOrDefault(tracker => CachedAnswer.KeyOf(tracker) == answer.Tracker) is not { } known)
                continue;
            announcer.Restore(known, answer.NotBefore);
            return answer.Peers;
        }

        return [];
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

    /// <summary>Adds a tracker's response to the cache of this host. Does not wait for the write.</summary>
    /// <param name="tracker">
    /// The tracker's status after the response. Nothing is added if the status lacks the time of the response or the
    /// earliest time of the next announce.
    /// </param>
    /// <param name="port">The TCP port that was announced.</param>
    /// <param name="peers">The peers in the response.</param>
    public void AddResponse(TrackerStatus tracker, ushort port, IReadOnlyList<IPEndPoint> peers)
    {
        if (tracker is { LastAnnounce: { } answered, NotBefore: { } notBefore })
            local.Add(torrent, new CachedAnswer(CachedAnswer.KeyOf(tracker.Url), port, answered, notBefore, peers));
    }

    /// <summary>Deletes the torrent's entries in the peer caches. Does not wait for the deletion.</summary>
    public void Remove() => cache.Remove(torrent);
}
