using System.Net;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Policy.Addresses;
using TorrentPS.Engine.Policy.Connections;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>Peers tell each other of further ones (BEP 11). A private torrent neither tells nor listens (BEP 27).</summary>
internal sealed class PexHandler(SwarmState swarm, ConnectionHandler connections)
{
    /// <summary>The id under which peers send us such messages (BEP 10); told in <c>m</c>.</summary>
    public const byte MessageId = 1;

    /// <summary>What is passed on of what another peer said of a candidate: what we can't see ourselves.</summary>
    private const PexFlags Hearsay = PexFlags.PrefersEncryption | PexFlags.SupportsUtp;

    private readonly List<Peer> _known = [];
    private readonly List<IPEndPoint> _current = [];
    private readonly List<int> _added = [];
    private readonly List<IPEndPoint> _dropped = [];

    /// <summary>Whether peers may be told of here, and heard of.</summary>
    public static bool IsUsed(SwarmState swarm) => swarm.Settings is { Session.EnablePex: true, IsPrivate: false };

    /// <summary>A peer names others.</summary>
    public void OnMessage(Peer peer, ReadOnlySpan<byte> body)
    {
        if (!IsUsed(swarm))
            return;
        PexLimits allowance = peer.PexLimits;
        if (allowance.OnMessage(swarm.Uptime))
            Take(peer, body);
        if (allowance.IsFlood)
            peer.Disconnect(DisconnectReason.ProtocolError, "It sent peer exchange messages too often.");
    }

    /// <summary>Tells those whose turn it is of the peers that came and went.</summary>
    public void OnTick()
    {
        // Before the metadata is known, the torrent may yet turn out to be private.
        if (!IsUsed(swarm) || !swarm.HasMetadata)
            return;
        IReadOnlyList<Peer> peers = swarm.Peers.All;
        for (int i = 0; i < peers.Count; i++)
        {
            Peer peer = peers[i];
            bool hasNews = peer is { PexId: > 0, IsClosing: false } && peer.ExchangedAt != swarm.Peers.Changes;
            if (hasNews && peer.PexDelta.IsDue(swarm.Uptime))
                Tell(peer);
        }
    }

    private void Take(Peer peer, ReadOnlySpan<byte> body)
    {
        PexMessage message;
        try
        {
            message = PexMessage.Parse(body);
        }
        catch (WireException error)
        {
            peer.Disconnect(DisconnectReason.ProtocolError, error.Message);
            return;
        }

        HashSet<IPEndPoint> connected = [.. swarm.Peers.All.Select(other => other.ListensAt).OfType<IPEndPoint>()];

        // Whom it lost we may still reach.
        foreach ((IPEndPoint endPoint, PexFlags flags) in message.Added.Take(peer.PexLimits.OnAdded(message.Added.Count)))
        {
            bool isWelcome = peer.PexLimits.AddressesLeft > 0
                && AddressScopes.CanPass(endPoint.Address, peer.Link.EndPoint.Address)
                && !connected.Contains(endPoint);
            if (!isWelcome || !connections.Note(endPoint, PeerSource.Pex))
                continue;
            swarm.Candidates.Describe(endPoint, flags);
            peer.PexLimits.OnAccepted();
        }

        connections.Dial();
    }

    private void Tell(Peer peer)
    {
        Gather(peer);
        bool hasNews = peer.PexDelta.TryNext(swarm.Uptime, _current, _added, _dropped);

        // What did not fit is told a minute later.
        if (_added.Count < PexDelta.MaxPerMessage && _dropped.Count < PexDelta.MaxPerMessage)
            peer.ExchangedAt = swarm.Peers.Changes;
        if (!hasNews)
            return;
        var message = new PexMessage
        {
            Added = [.. _added.Select(i => new PexPeer(_current[i], FlagsOf(_known[i])))],
            Dropped = [.. _dropped],
        };
        peer.Wire?.SendExtended(peer.PexId, message.Encode());
        swarm.Peers.Touch(peer);
    }

    /// <summary>All that a peer may be told of, in the order that they came: those that can be called, but for itself.</summary>
    private void Gather(Peer listener)
    {
        _known.Clear();
        _current.Clear();
        IReadOnlyList<Peer> peers = swarm.Peers.All;
        for (int i = 0; i < peers.Count; i++)
        {
            Peer peer = peers[i];
            if (peer == listener || peer.IsClosing || peer.ListensAt is not { } endPoint)
                continue;
            if (!AddressScopes.CanPass(endPoint.Address, listener.Link.EndPoint.Address))
                continue;
            _known.Add(peer);
            _current.Add(endPoint);
        }
    }

    private PexFlags FlagsOf(Peer peer) =>
        (peer.IsSeed || peer.IsUploadOnly ? PexFlags.Seed : 0)
        | (peer.Incoming ? 0 : PexFlags.Reachable)
        | (swarm.Candidates.FlagsOf(peer.ListensAt!) & Hearsay);
}
