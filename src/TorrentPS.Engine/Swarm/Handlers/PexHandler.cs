using System.Net;
using TorrentPS.Engine.Policy.Connections;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>
/// Sends and handles peer exchange messages (BEP 11). For private torrents, sends none and ignores those received (BEP
/// 27).
/// </summary>
internal sealed class PexHandler(SwarmState swarm, ConnectionHandler connections)
{
    /// <summary>
    /// The id that this client assigns to peer exchange messages in its extension handshake (<c>m</c>, BEP 10).
    /// </summary>
    public const byte MessageId = 1;

    /// <summary>
    /// Peer exchange flags that this client copies from the messages of other peers, because it cannot find them out
    /// from its own connections.
    /// </summary>
    private const PexFlags ForwardedFlags = PexFlags.PrefersEncryption | PexFlags.SupportsUtp;

    private readonly List<Peer> _known = [];
    private readonly List<IPEndPoint> _current = [];
    private readonly List<int> _added = [];
    private readonly List<IPEndPoint> _dropped = [];

    /// <summary>
    /// Whether the torrent uses peer exchange. The session must enable it, and the torrent must not be known to be
    /// private.
    /// </summary>
    public static bool IsUsed(SwarmState swarm) => swarm.Settings is { Session.EnablePex: true, IsPrivate: false };

    /// <summary>
    /// Adds the addresses in a message to the candidates, within the limits on the sender. Disconnects a peer that
    /// sends messages too often. Must be called only while peer exchange is used.
    /// </summary>
    public void OnMessage(Peer peer, ReadOnlySpan<byte> body)
    {
        PexLimits limits = peer.PexLimits;
        if (limits.OnMessage(swarm.Uptime))
            AddCandidates(peer, body);
        if (limits.IsFlood)
            peer.Disconnect(DisconnectReason.ProtocolError, "It sent peer exchange messages too often.");
    }

    /// <summary>
    /// Sends each peer the addresses that were added and dropped since the last message to that peer. Does so only if
    /// the minimum time since that message has passed (<see cref="PexDelta.IsDue"/>).
    /// </summary>
    public void OnTick()
    {
        // Until the metadata is known, the torrent may be private.
        if (!IsUsed(swarm) || !swarm.HasMetadata)
            return;
        IReadOnlyList<Peer> peers = swarm.Peers.All;
        for (int i = 0; i < peers.Count; i++)
        {
            Peer peer = peers[i];
            bool hasChanges = peer is { PexId: > 0, IsClosing: false } && peer.PexChanges != swarm.Peers.Changes;
            if (hasChanges && peer.PexDelta.IsDue(swarm.Uptime))
                Send(peer);
        }
    }

    private void AddCandidates(Peer peer, ReadOnlySpan<byte> body)
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

        HashSet<IPEndPoint> connected = [.. swarm.Peers.All.Select(other => other.ListenEndPoint).OfType<IPEndPoint>()];

        // The dropped addresses of the message are ignored: this client may still reach them.
        int accepted = peer.PexLimits.OnAdded(message.Added.Count);
        foreach ((IPEndPoint endPoint, PexFlags flags) in message.Added.Take(accepted))
        {
            bool isAcceptable = AddressScopes.CanPass(endPoint.Address, peer.Link.EndPoint.Address)
                && !connected.Contains(endPoint);
            if (!isAcceptable || !connections.Add(endPoint, PeerSource.Pex))
                continue;
            swarm.Candidates.SetFlags(endPoint, flags);
            peer.PexLimits.OnAddressAdded(endPoint, known => swarm.Candidates.TryForget(known, PeerSource.Pex));
        }

        connections.Dial();
    }

    private void Send(Peer peer)
    {
        Collect(peer);
        bool hasChanges = peer.PexDelta.TryNext(swarm.Uptime, _current, _added, _dropped);

        // If a list is full, the remaining changes are sent in the next message.
        if (_added.Count < PexDelta.MaxPerMessage && _dropped.Count < PexDelta.MaxPerMessage)
            peer.PexChanges = swarm.Peers.Changes;
        if (!hasChanges)
            return;
        var message = new PexMessage
        {
            Added = [.. _added.Select(i => new PexPeer(_current[i], FlagsOf(_known[i])))],
            Dropped = [.. _dropped],
        };
        peer.Wire?.SendExtended(peer.PexId, message.Encode());
        swarm.Peers.Touch(peer);
    }

    /// <summary>
    /// Collects the addresses that may be sent to a peer: the listen addresses of the other peers, if they are known
    /// and the receiver can reach them. The addresses are in the order in which the peers connected.
    /// </summary>
    /// <param name="receiver">The peer that receives the message.</param>
    private void Collect(Peer receiver)
    {
        _known.Clear();
        _current.Clear();
        IReadOnlyList<Peer> peers = swarm.Peers.All;
        for (int i = 0; i < peers.Count; i++)
        {
            Peer peer = peers[i];
            if (peer == receiver || peer.IsClosing || peer.ListenEndPoint is not { } endPoint)
                continue;
            if (!AddressScopes.CanPass(endPoint.Address, receiver.Link.EndPoint.Address))
                continue;
            _known.Add(peer);
            _current.Add(endPoint);
        }
    }

    private PexFlags FlagsOf(Peer peer) =>
        (peer.IsSeed || peer.IsUploadOnly ? PexFlags.Seed : 0)
        | (peer.Incoming ? 0 : PexFlags.Reachable)
        | (swarm.Candidates.FlagsOf(peer.ListenEndPoint!) & ForwardedFlags);
}
