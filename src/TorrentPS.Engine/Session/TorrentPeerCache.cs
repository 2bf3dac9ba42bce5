using System.Net;
using TorrentPS.Engine.Discovery;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Engine.Trackers;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Session;

/// <summary>What one public torrent remembers from its last start, and leaves for its next.</summary>
/// <param name="torrent">The torrent.</param>
/// <param name="cache">The peers that worked.</param>
/// <param name="local">The trackers' answers: what a tracker wants of us concerns this host alone.</param>
/// <param name="time">The clock.</param>
internal sealed class TorrentPeerCache(InfoHash torrent, IPeerCache cache, FilePeerCache local, TimeProvider time)
{
    /// <summary>Hands on the peers that worked, as they become known.</summary>
    public async Task FindAsync(Action<IReadOnlyList<IPEndPoint>> found, CancellationToken cancellation)
    {
        await foreach (IReadOnlyList<CachedPeer> peers in cache.FindAsync(torrent, cancellation))
            found([.. peers.Select(peer => peer.EndPoint)]);
    }

    /// <summary>Spares a tracker that answered not long ago from being asked again too soon; its answer is as good as it was.</summary>
    /// <param name="announcer">Before it starts.</param>
    /// <param name="trackers">The torrent's trackers.</param>
    /// <param name="port">The port that it will tell.</param>
    /// <returns>The peers that were named then.</returns>
    public async Task<IReadOnlyList<IPEndPoint>> RecallAsync(TrackerAnnouncer announcer, IEnumerable<Uri> trackers, ushort port)
    {
        PeerCacheEntry memory = await local.RecallAsync(torrent, CancellationToken.None);
        DateTimeOffset now = time.GetUtcNow();
        foreach (CachedAnswer answer in memory.Answers)
        {
            if (answer.Port != port || answer.NotBefore <= now || answer.Peers.Count == 0)
                continue;
            if (trackers.FirstOrDefault(tracker => CachedAnswer.KeyOf(tracker) == answer.Tracker) is not { } known)
                continue;
            announcer.Recall(known, answer.NotBefore);
            return answer.Peers;
        }

        return [];
    }

    /// <summary>Remembers peers that worked.</summary>
    public void Remember(IReadOnlyList<GoodPeer> peers)
    {
        DateTimeOffset now = time.GetUtcNow();
        cache.Remember(torrent, [.. peers.Select(peer => new CachedPeer(peer.EndPoint, now, peer.Rate))]);
    }

    /// <summary>Remembers what a tracker answered.</summary>
    public void Remember(TrackerStatus tracker, ushort port, IReadOnlyList<IPEndPoint> peers)
    {
        if (tracker is { LastAnnounce: { } answered, NotBefore: { } notBefore })
            local.Remember(torrent, new CachedAnswer(CachedAnswer.KeyOf(tracker.Url), port, answered, notBefore, peers));
    }

    /// <summary>The torrent has turned out to be private: nothing is kept.</summary>
    public void Forget() => cache.Forget(torrent);
}
