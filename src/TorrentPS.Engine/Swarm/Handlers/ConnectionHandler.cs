using System.Net;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Policy;
using TorrentPS.Engine.Policy.Addresses;
using TorrentPS.Engine.Policy.Trust;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>Handles found addresses, new connections and closed connections. Dials addresses.</summary>
internal sealed class ConnectionHandler(
    SwarmState swarm, Requester requester, Unchoker unchoker, SuperSeedHandler superSeeding, PeerCacheHandler peerCache,
    WebSeedHandler webSeeds, MetadataDownloadHandler metadataDownload, RefusalHandler refusals)
{
    private readonly PeerTurnover _turnover = new(swarm);

    /// <summary>
    /// If an incoming connection closes within this time without any useful transfer, a penalty is added to the peer's
    /// origin. A connection with data to transfer seldom ends so early.
    /// </summary>
    private static readonly TimeSpan s_minDuration = TimeSpan.FromSeconds(30);

    public void OnFound(IReadOnlyList<IPEndPoint> endPoints, PeerSource source)
    {
        foreach (IPEndPoint endPoint in endPoints)
            Add(endPoint, source);
        Dial();
    }

    /// <summary>
    /// Adds an address to the candidates. Does nothing if it may not be dialed (<see cref="PeerAddressRules"/>), if its
    /// origin is banned, if the user blocked it, or if the torrent is private and must not use the peer source (BEP 27).
    /// </summary>
    /// <returns>Whether the address is new and was added.</returns>
    public bool Add(IPEndPoint endPoint, PeerSource source)
    {
        return swarm.Allows(source)
            && PeerAddressRules.CanDial(endPoint, source)
            && swarm.Trust.LevelOf(new PeerOrigin(endPoint)) != TrustLevel.Banned
            && !IsPortFiltered(endPoint)
            && !swarm.Host.IsFiltered(endPoint.Address)
            && !swarm.IsBlocked(endPoint.Address)
            && swarm.Candidates.Add(endPoint, source);
    }

    public void OnDialFailed(DialFailed failure)
    {
        if (failure.IsSelf)
            swarm.Candidates.MarkOwn(failure.EndPoint);
        else
            swarm.Candidates.MarkIdle(failure.EndPoint, swarm.Time.GetUtcNow(), failed: true);
        swarm.Candidates.ForgetEncryption(failure.EndPoint);
        Dial();
    }

    public void OnConnected(PeerConnected connected)
    {
        IPEndPoint endPoint = connected.Link.EndPoint;
        if (!connected.Incoming)
            swarm.Candidates.MarkConnected(endPoint, connected.IsEncrypted);
        if (Refuse(connected) is { } reason)
        {
            connected.Refuse(reason);
            if (reason != DisconnectReason.Stopping)
                refusals.OnRefused(endPoint, reason, connected.Incoming);
            if (reason == DisconnectReason.SelfConnection)
                swarm.Candidates.MarkOwn(endPoint);
            else if (reason is DisconnectReason.Banned or DisconnectReason.Blocked)
                swarm.Candidates.Exclude(endPoint);
            else if (!connected.Incoming)
            {
                bool failed = reason is not (
                    DisconnectReason.TooMany or DisconnectReason.TooManyFromAddress or DisconnectReason.Stopping);
                swarm.Candidates.MarkIdle(endPoint, swarm.Time.GetUtcNow(), failed);
            }

            return;
        }

        Peer peer = AddPeer(connected);
        Report(SessionEventKind.PeerConnected, EventMessages.Connected(peer), endPoint);
        SendFirstMessages(peer, connected.Handshake.Has(PeerFeatures.Dht) ? swarm.Settings.DhtPort : null);
        connected.Start();
    }

    /// <summary>
    /// Disconnects dialed peers whose peer source a private torrent must not use (BEP 27). Removes the addresses that
    /// are known only from such peer sources. Incoming connections stay open.
    /// </summary>
    public void DropPublicPeers()
    {
        foreach (Peer peer in swarm.Peers.All)
        {
            if (peer.Incoming || peer.IsWebSeed)
                continue;

            // A tracker may have sent the address after another peer source.
            peer.Source = swarm.Candidates.SourceOf(peer.Link.EndPoint);
            if (!swarm.Allows(peer.Source))
                peer.Disconnect(DisconnectReason.Stopping);
        }

        swarm.Candidates.RemoveUnless(swarm.Allows);
    }

    /// <summary>
    /// Disconnects the peers and web seeds that the user has blocked. Known addresses are dialed again once they are no
    /// longer blocked.
    /// </summary>
    public void ApplyBlocks()
    {
        foreach (Peer peer in swarm.Peers.All)
        {
            IPAddress address = peer.Link.EndPoint.Address;
            if (peer.IsWebSeed ? swarm.Settings.Session.IPFilter.Contains(address) : swarm.IsBlocked(address))
                peer.Disconnect(DisconnectReason.Blocked);
        }

        UpdateExcluded();
        Dial();
    }

    /// <summary>Lifts the bans of the origins in a network, so that their known addresses are dialed again.</summary>
    /// <returns>Number of lifted bans.</returns>
    public int Unban(IPNetwork network)
    {
        int lifted = swarm.Bans.Unban(network);
        UpdateExcluded();
        Dial();
        return lifted;
    }

    public void OnClosed(PeerClosed closed)
    {
        if (swarm.Peers.Find(closed.Link) is not { } peer)
            return;
        peer.MarkClosed(closed.Reason);
        swarm.Picker.ReleaseAll(peer.Index);
        swarm.Picker.PeerLeft(peer.Have);
        PeerTraffic traffic = closed.Link.Traffic;
        swarm.Totals.Retire(traffic);
        swarm.Disconnected.Add(peer, StatusReport.Of(peer, closed, swarm));
        swarm.Peers.Remove(peer);
        if (!peer.IsWebSeed)
            Report(SessionEventKind.PeerDisconnected, EventMessages.Disconnected(closed), peer.Link.EndPoint);
        metadataDownload.OnClosed(peer);
        peerCache.OnClosed(peer);
        superSeeding.OnClosed(peer);
        unchoker.Decide();
        bool gaveMetadata = peer.MetadataSource is { Received: > 0 };
        bool useful = peer.Downloaded > peer.Wasted + peer.HashFailed || traffic.PayloadSent > 0 || gaveMetadata;
        bool reconnects = closed.Reason is DisconnectReason.InfoHashChanged or DisconnectReason.NetworkChanged;
        if (peer.Misbehaved)
            swarm.PeerPenalties.Add(peer.Origin, PeerPenalties.Misbehaviour, swarm.Uptime);
        else if (!useful && !reconnects && peer.Incoming && swarm.Uptime - peer.ConnectedAt < s_minDuration)
            swarm.PeerPenalties.Add(peer.Origin, PenaltyOf(peer), swarm.Uptime);
        if (peer.WebSeed is { } number)
            webSeeds.OnClosed(number, closed.Reason, closed.Detail);
        else if (!peer.Incoming)
            swarm.Candidates.MarkIdle(closed.Link.EndPoint, swarm.Time.GetUtcNow(), failed: !useful && !reconnects);
        if (reconnects)
            swarm.Candidates.ClearDelay(closed.Link.EndPoint);

        // The blocks requested from the closed peer are requested from others at once.
        requester.TopUpAll();
        Dial();
    }

    /// <summary>
    /// Opens web seeds, and dials addresses until the maximum number of peers is connected or being dialed. When that
    /// many peers are connected, dials a new address from time to time, in order to replace the worst of the
    /// connected peers (<see cref="PeerTurnover"/>).
    /// </summary>
    public void Dial()
    {
        if (!swarm.IsActive)
            return;
        webSeeds.Open();
        bool skipSeeds = swarm.State is TorrentState.Finished or TorrentState.Seeding;
        DateTimeOffset now = swarm.Time.GetUtcNow();
        while (swarm.Peers.Count + swarm.Candidates.Dialing < swarm.Settings.Torrent.MaxPeers)
        {
            if (swarm.Candidates.Next(now, skipSeeds, IsAddressFull, _turnover.PriorityOf) is not { } next
                || !TryDial(next))
                return;
        }

        if (_turnover.TryBeginInterval()
            && swarm.Candidates.Next(now, skipSeeds, IsAddressFull, _turnover.PriorityOf) is { } better
            && _turnover.IsBetterThanWorst(better))
            TryDial(better);
    }

    private bool TryDial(IPEndPoint endPoint)
    {
        bool isDialing = swarm.Host.TryDial(endPoint, swarm.Candidates.IsEncrypted(endPoint));
        if (isDialing)
            swarm.Candidates.MarkDialing(endPoint);
        return isDialing;
    }

    private void UpdateExcluded() => swarm.Candidates.UpdateExcluded(
        endPoint => swarm.IsBlocked(endPoint.Address)
            || IsPortFiltered(endPoint)
            || swarm.Trust.LevelOf(new PeerOrigin(endPoint)) == TrustLevel.Banned);

    private bool IsPortFiltered(IPEndPoint endPoint) => swarm.Settings.Session.PortFilter.Any(
        range => range.First <= endPoint.Port && endPoint.Port <= range.Last);

    private void Report(SessionEventKind kind, string message, IPEndPoint peer) =>
        swarm.Host.Report(kind, message, peer);

    /// <summary>
    /// Returns why a new connection is refused, or null if it is accepted. May close an older connection to the same
    /// peer, or disconnect another peer to make room.
    /// </summary>
    private DisconnectReason? Refuse(PeerConnected connected)
    {
        if (!swarm.IsActive)
            return DisconnectReason.Stopping;
        if (connected.Handshake.PeerId == swarm.Settings.PeerId)
            return DisconnectReason.SelfConnection;
        if (!connected.Incoming && !swarm.Allows(swarm.Candidates.SourceOf(connected.Link.EndPoint)))
            return DisconnectReason.Stopping;
        if (swarm.Trust.LevelOf(new PeerOrigin(connected.Link.EndPoint)) == TrustLevel.Banned)
            return DisconnectReason.Banned;
        if (swarm.IsBlocked(connected.Link.EndPoint.Address))
            return DisconnectReason.Blocked;
        if (swarm.PeerPenalties.IsRefused(new PeerOrigin(connected.Link.EndPoint), swarm.Uptime))
            return DisconnectReason.Penalised;
        foreach (Peer other in swarm.Peers.All)
        {
            if (other.Id != connected.Handshake.PeerId || other.IsClosing || other.IsWebSeed)
                continue;
            if (!DoubleConnection.Supersedes(swarm.Settings.PeerId, connected.Incoming, other.Id, other.Incoming)
                && !DoubleConnection.IsReconnect(other, swarm.Since(other.LastReceived), connected))
                return DisconnectReason.Duplicate;
            other.Disconnect(DisconnectReason.Duplicate);
            return null;
        }

        if (IsAddressFull(connected.Link.EndPoint))
            return DisconnectReason.TooManyFromAddress;
        bool hasRoom = swarm.Peers.Count < swarm.Settings.Torrent.MaxPeers
            || _turnover.TryMakeRoom(connected.Link.EndPoint);
        return hasRoom ? null : DisconnectReason.TooMany;
    }

    /// <summary>
    /// Returns whether the torrent has as many connections to an address as it may have
    /// (<see cref="SessionSettings.MaxConnectionsPerAddress"/>).
    /// </summary>
    private bool IsAddressFull(IPEndPoint peer) =>
        AddressLimit.AppliesTo(peer.Address)
        && swarm.Peers.CountOf(new PeerOrigin(peer)) >= swarm.Settings.Session.MaxConnectionsPerAddress;

    private Peer AddPeer(PeerConnected connected)
    {
        long now = swarm.Now;
        PeerIndex index = swarm.Peers.NextIndex(index => !swarm.Picker.HasContributions(index));
        var peer = new Peer(index, connected.Link, connected.Handshake.PeerId, swarm.Geometry.PieceCount)
        {
            Client = ClientName.Of(connected.Handshake.PeerId),
            Source = connected.Incoming ? PeerSource.Incoming : swarm.Candidates.SourceOf(connected.Link.EndPoint),
            Incoming = connected.Incoming,
            IsEncrypted = connected.IsEncrypted,
            SupportsFast = connected.Handshake.Has(PeerFeatures.Fast),
            SupportsExtensions = connected.Handshake.Has(PeerFeatures.ExtensionProtocol),
            ConnectedAt = swarm.Uptime,
            UsefulAt = swarm.Uptime,
            LastReceived = now,
            LastSent = now,
            OnParole = swarm.Trust.LevelOf(new PeerOrigin(connected.Link.EndPoint)) == TrustLevel.Parole,
        };
        swarm.Peers.Add(peer);
        swarm.Picker.PeerJoined(peer.Have);
        return peer;
    }

    private double PenaltyOf(Peer useless) =>
        useless.MetadataUpload.Sent > 0 && useless.MetadataUpload.Sent <= swarm.Settings.Metadata.Length
            ? PeerPenalties.MetadataOnlyConnection
            : PeerPenalties.UselessConnection;

    /// <summary>
    /// Sends the messages that follow the handshake: this client's pieces (bitfield, have all or have none), the
    /// extension handshake and the DHT port. The message about pieces is sent only after the check of existing data.
    /// </summary>
    /// <param name="peer">The peer.</param>
    /// <param name="dhtPort">The UDP port of this client's DHT node; null to send no port message.</param>
    public void SendFirstMessages(Peer peer, ushort? dhtPort)
    {
        bool hidesPieces = superSeeding.IsOn;
        if (swarm.IsTransferring)
            SendPieces(peer, hidesPieces);
        if (peer.SupportsExtensions)
            peer.Wire?.SendExtended(0, ExtensionHandler.HandshakeFor(swarm, peer, hidesPieces));
        if (dhtPort is { } port)
            peer.Wire?.SendPort(port);
        if (hidesPieces)
            superSeeding.OnFirstMessages(peer);
        swarm.Peers.Touch(peer);
    }

    private void SendPieces(Peer peer, bool hidesPieces)
    {
        Bitfield have = swarm.Picker.Have;
        if (hidesPieces)
        {
            // Without the Fast extension, a client without pieces sends no message about them.
            if (peer.SupportsFast)
                peer.Wire?.SendHaveNone();
        }
        else if (peer.SupportsFast && have.IsComplete)
            peer.Wire?.SendHaveAll();
        else if (peer.SupportsFast && have.Count == 0)
            peer.Wire?.SendHaveNone();
        else if (have.Count > 0)
            peer.Wire?.SendBitfield(have);
    }
}
