using TorrentPS.Engine.Policy.Trust;
using TorrentPS.Engine.Swarm.State;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>
/// Stores useful peers in the peer cache for the torrent's next start. Stores nothing for a private torrent (BEP 27),
/// or before the metadata shows whether the torrent is private.
/// </summary>
internal sealed class PeerCacheHandler(SwarmState swarm)
{
    /// <summary>Interval between two saves. If the process is killed, changes since the last save are lost.</summary>
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Time from the addition of the torrent to the first save. It is short, so that peers are stored in a short
    /// session too.
    /// </summary>
    private static readonly TimeSpan s_first = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Maximum number of disconnected peers in one save. Limits the memory used when many peers disconnect
    /// within one interval.
    /// </summary>
    private const int MaxDisconnected = 100;

    private readonly List<GoodPeer> _disconnected = [];
    private TimeSpan _nextSave = s_first;

    public void OnTick()
    {
        if (swarm.Uptime < _nextSave)
            return;
        _nextSave = swarm.Uptime + s_period;
        Save();
    }

    /// <summary>Adds a disconnected peer to the next save if the peer was useful.</summary>
    public void OnClosed(Peer peer)
    {
        if (_disconnected.Count < MaxDisconnected && EntryFor(peer) is { } entry)
            _disconnected.Add(entry);
    }

    /// <summary>
    /// Stores a cache entry for each useful peer (<see cref="EntryFor"/>) that is connected or has disconnected since
    /// the last save.
    /// </summary>
    public void Save()
    {
        if (swarm.Settings.IsPrivate || !swarm.HasMetadata)
            return;
        var entries = new List<GoodPeer>(_disconnected);
        _disconnected.Clear();
        foreach (Peer peer in swarm.Peers.All)
        {
            // Closing peers are included: a finished download disconnects its seeds before the torrent ends.
            if (EntryFor(peer) is { } entry)
                entries.Add(entry);
        }

        if (entries.Count > 0)
            swarm.Host.CachePeers(entries);
    }

    /// <summary>
    /// Returns the cache entry of a useful peer. A peer is useful if this client dialed it, or if useful payload was
    /// exchanged.
    /// </summary>
    /// <returns>
    /// Null if the peer is not useful or its listen address is unknown. Also null if the peer misbehaved, is on parole
    /// or is banned.
    /// </returns>
    private GoodPeer? EntryFor(Peer peer)
    {
        bool isSuspect = peer.Misbehaved || peer.OnParole || swarm.Trust.LevelOf(peer.Origin) == TrustLevel.Banned;
        if (isSuspect || peer.ListenEndPoint is not { } endPoint)
            return null;
        long payload = peer.Downloaded - peer.Wasted - peer.HashFailed + peer.Link.Traffic.PayloadSent;
        if (peer.Incoming && payload <= 0)
            return null;
        double seconds = Math.Max(1, (swarm.Uptime - peer.ConnectedAt).TotalSeconds);
        return new GoodPeer(endPoint, (long)(Math.Max(0, payload) / seconds));
    }
}
