using System.Net;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Policy;
using TorrentPS.Engine.Swarm.Handlers;
using TorrentPS.Engine.Swarm.State;

namespace TorrentPS.Engine.Metadata;

/// <summary>Who is connected while metadata is sought, who is let in or makes room, and which address is called next.</summary>
/// <param name="fetch">Gives them work, and knows the liars.</param>
/// <param name="time">The clock.</param>
/// <param name="random">For the order of calling.</param>
internal sealed class MetadataPeers(MetadataFetch fetch, TimeProvider time, Random random)
{
    /// <summary>A peer that serves no metadata gives its place to an address not tried yet after this time.</summary>
    private static readonly TimeSpan s_use = TimeSpan.FromSeconds(10);

    private readonly PeerCandidates _candidates = new(random);
    private readonly Dictionary<IMetadataLink, MetadataPeer> _byLink = [];
    private readonly List<MetadataPeer> _all = [];
    private int _liarsKnown;

    /// <summary>All that are connected, in the order that they came; those that are being disconnected among them.</summary>
    public IReadOnlyList<MetadataPeer> All => _all;

    /// <summary>How many addresses are neither connected nor being tried.</summary>
    public int Waiting => _candidates.IdleCount;

    /// <summary>The addresses known, with where each came from; those of liars and ourselves left out.</summary>
    public IReadOnlyList<(IPEndPoint EndPoint, PeerSource Source)> Known => _candidates.Known;

    /// <summary>Where a peer's address came from.</summary>
    public PeerSource SourceOf(MetadataPeer peer) => peer.Incoming ? PeerSource.Incoming : _candidates.SourceOf(peer.Link.EndPoint);

    /// <summary>The peer of a connection; null when it has gone or was never let in.</summary>
    public MetadataPeer? Find(IMetadataLink link) => _byLink.GetValueOrDefault(link);

    /// <summary>Notes an address.</summary>
    /// <returns>Whether it is new.</returns>
    public bool Note(IPEndPoint endPoint, PeerSource source) => _candidates.Add(endPoint, source);

    /// <summary>All addresses may be tried at once again.</summary>
    public void Reset() => _candidates.Reset();

    /// <summary>An address did not answer, or it was we ourselves.</summary>
    public void OnDialFailed(MetadataDialFailed failed)
    {
        if (failed.IsSelf)
            _candidates.MarkNever(failed.EndPoint);
        else
            _candidates.MarkIdle(failed.EndPoint, time.GetUtcNow(), failed: true);
    }

    /// <summary>Lets a peer in, or closes its connection.</summary>
    /// <param name="connected">The connection; its pump is started when it is refused.</param>
    /// <param name="settings">What holds.</param>
    /// <param name="isWelcome">Whether anybody is let in.</param>
    /// <param name="now">The time.</param>
    /// <returns>Null when it was refused.</returns>
    public MetadataPeer? Admit(MetadataPeerConnected connected, MetadataSettings settings, bool isWelcome, TimeSpan now)
    {
        IPEndPoint endPoint = connected.Link.EndPoint;
        if (!connected.Incoming)
            _candidates.MarkConnected(endPoint);
        if ((isWelcome ? Objection(connected, settings) : DisconnectReason.Stopping) is { } reason)
        {
            connected.Refuse(reason);
            if (reason is DisconnectReason.SelfConnection or DisconnectReason.Banned)
                _candidates.MarkNever(endPoint);
            else if (!connected.Incoming)
                _candidates.MarkIdle(endPoint, time.GetUtcNow(), failed: reason == DisconnectReason.Duplicate);
            return null;
        }

        var peer = new MetadataPeer(connected.Link, connected.Handshake)
        {
            Incoming = connected.Incoming,
            ConnectedAt = now,
            LastHeard = now,
            LastSent = now,
        };
        _byLink.Add(connected.Link, peer);
        _all.Add(peer);
        fetch.Join(peer);
        return peer;
    }

    /// <summary>A connection is over.</summary>
    public void OnClosed(MetadataPeerClosed closed, TimeSpan now)
    {
        if (!_byLink.Remove(closed.Link, out MetadataPeer? peer))
            return;
        peer.IsClosing = true;
        _all.Remove(peer);
        fetch.Leave(peer, now);
        if (!peer.Incoming)
            _candidates.MarkIdle(closed.Link.EndPoint, time.GetUtcNow(), failed: peer.Received == 0);
    }

    /// <summary>Lets go of whom nothing was heard of, and keeps awake who would let go of us.</summary>
    public void CheckIdle(TimeSpan now)
    {
        foreach (MetadataPeer peer in _all)
        {
            if (now - peer.LastHeard > TickHandler.Idle)
            {
                peer.Disconnect(DisconnectReason.Idle);
            }
            else if (now - peer.LastSent > TickHandler.KeepAlive && !peer.IsClosing)
            {
                peer.Link.KeepAlive();
                peer.LastSent = now;
            }
        }
    }

    /// <summary>When all places are taken, one that serves nothing makes room for an address that may.</summary>
    public void MakeRoom(int places, TimeSpan now)
    {
        if (_all.Count < places || Waiting == 0)
            return;
        _all.Find(peer => !peer.IsSource && !peer.IsClosing && now - peer.ConnectedAt > s_use)?.Disconnect(DisconnectReason.Useless);
    }

    /// <summary>Calls addresses for the places that are free.</summary>
    /// <param name="places">How many places there are.</param>
    /// <param name="tryDial">Begins to call one; false when no more can be called now.</param>
    public void Dial(int places, Func<IPEndPoint, bool> tryDial)
    {
        DateTimeOffset now = time.GetUtcNow();
        while (_all.Count + _candidates.Dialing < places)
        {
            if (_candidates.Next(now, skipSeeds: false, static _ => 0) is not { } next || !tryDial(next))
                return;
            _candidates.MarkDialing(next);
        }
    }

    /// <summary>Whoever lied is not called again.</summary>
    public void CheckLiars()
    {
        if (fetch.Liars.Count == _liarsKnown)
            return;
        _liarsKnown = fetch.Liars.Count;
        foreach ((IPEndPoint endPoint, _) in _candidates.Known)
        {
            if (fetch.Liars.Contains(new PeerOrigin(endPoint)))
                _candidates.MarkNever(endPoint);
        }
    }

    /// <summary>Lets go of all.</summary>
    public void CloseAll()
    {
        foreach (MetadataPeer peer in _all)
            peer.Disconnect(DisconnectReason.Stopping);
    }

    private DisconnectReason? Objection(MetadataPeerConnected connected, MetadataSettings settings)
    {
        if (connected.Handshake.PeerId == settings.PeerId)
            return DisconnectReason.SelfConnection;
        if (fetch.Liars.Contains(new PeerOrigin(connected.Link.EndPoint)))
            return DisconnectReason.Banned;
        MetadataPeer? twin = _all.Find(peer => peer.Handshake.PeerId == connected.Handshake.PeerId && !peer.IsClosing);
        if (twin is null)
            return _all.Count < settings.MaxPeers ? null : DisconnectReason.TooMany;
        if (!DoubleConnection.Supersedes(settings.PeerId, connected.Incoming, twin.Handshake.PeerId, twin.Incoming))
            return DisconnectReason.Duplicate;
        twin.Disconnect(DisconnectReason.Duplicate);
        return null;
    }
}
