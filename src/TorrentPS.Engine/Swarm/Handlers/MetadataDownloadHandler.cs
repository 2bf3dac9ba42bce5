using TorrentPS.Engine.Policy;
using TorrentPS.Engine.Policy.Metadata;
using TorrentPS.Engine.Policy.Trust;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>
/// Downloads the info dictionary from peers (BEP 9) while the torrent is in the state
/// <see cref="TorrentState.DownloadingMetadata"/>.
/// </summary>
internal sealed class MetadataDownloadHandler(SwarmState swarm)
{
    /// <summary>
    /// Minimum age of a connection before it may be closed because the peer offers no metadata. Connections are closed
    /// for this reason only while the maximum number of peers is connected. Extension handshakes usually arrive within
    /// two seconds.
    /// </summary>
    private static readonly TimeSpan s_minAge = TimeSpan.FromSeconds(10);

    private readonly MetadataFetch _fetch = swarm.MetadataFetch;
    private int _banned;
    private bool _isDone;

    private bool IsActive => swarm.State == TorrentState.DownloadingMetadata && !_isDone;

    /// <summary>
    /// Records the metadata size that the peer announced, and sends metadata requests. Does nothing if the peer does
    /// not support the metadata extension (BEP 9).
    /// </summary>
    public void OnHandshake(Peer peer, ExtensionHandshake handshake)
    {
        if (!IsActive || peer.MetadataUpload.MessageId == 0)
            return;
        peer.MetadataSource ??= new MetadataSource(peer.Origin);
        _fetch.OnSize(peer.MetadataSource, handshake.MetadataSize);
        Update();
    }

    /// <summary>
    /// Handles a metadata message of type data or reject. Ignores and charges the message if the metadata download is
    /// over.
    /// </summary>
    public void OnMessage(Peer peer, MetadataMessage message)
    {
        if (!IsActive)
        {
            peer.Charge(FloodLimit.LargeMessage, swarm.Uptime, "metadata messages that were not requested");
            return;
        }

        MetadataSource source = peer.MetadataSource ??= new MetadataSource(peer.Origin);
        if (message.Type == MetadataMessageType.Data)
            OnData(peer, source, message);
        else if (message.Type == MetadataMessageType.Reject)
            _fetch.OnReject(source, message.Piece, swarm.Uptime);
        Update();
    }

    /// <summary>
    /// Removes a disconnected peer from the metadata sources. Its outstanding metadata requests are sent to other
    /// sources.
    /// </summary>
    public void OnClosed(Peer peer)
    {
        if (peer.MetadataSource is not { } source)
            return;
        _fetch.Remove(source);
        if (IsActive)
            Update();
    }

    /// <summary>
    /// Handles requests that have timed out. If the maximum number of peers is connected and other addresses are known,
    /// disconnects one peer that offers no metadata.
    /// </summary>
    public void OnTick()
    {
        if (!IsActive)
            return;
        _fetch.OnTick(swarm.Uptime);
        Update();
        if (swarm.Peers.Count < swarm.Settings.Torrent.MaxPeers || swarm.Candidates.IdleCount == 0)
            return;
        foreach (Peer peer in swarm.Peers.All)
        {
            if (peer.IsClosing || peer.OffersMetadata || swarm.Uptime - peer.ConnectedAt <= s_minAge)
                continue;
            peer.Disconnect(DisconnectReason.Useless);
            return;
        }
    }

    private void OnData(Peer peer, MetadataSource source, MetadataMessage message)
    {
        long before = source.Received;
        _fetch.OnData(source, message.Piece, message.Data, message.TotalSize, swarm.Uptime);
        if (source.Received > before)
            peer.UsefulAt = swarm.Uptime;
    }

    /// <summary>
    /// Disconnects peers that were excluded as metadata sources. Then passes the info dictionary to the host if it is
    /// complete, or otherwise sends further requests.
    /// </summary>
    private void Update()
    {
        IReadOnlyList<Peer> peers = swarm.Peers.All;
        for (int i = 0; i < peers.Count; i++)
        {
            if (peers[i] is { IsClosing: false, MetadataSource.Fault: { } fault })
                peers[i].Disconnect(ReasonFor(fault), DetailOf(fault));
        }

        BanSenders();
        if (_fetch.Result is { } info)
        {
            _isDone = true;
            swarm.Host.MetadataDownloaded(info);
            return;
        }

        for (int i = 0; i < peers.Count; i++)
            Request(peers[i]);
    }

    private void Request(Peer peer)
    {
        if (peer.IsClosing || peer.MetadataSource is not { } source)
            return;
        while (_fetch.TryRequest(source, swarm.Uptime) is { } piece)
        {
            var request = new MetadataMessage { Type = MetadataMessageType.Request, Piece = piece };
            peer.Wire?.SendExtended(peer.MetadataUpload.MessageId, request.Encode());
            swarm.Peers.Touch(peer);
        }
    }

    private void BanSenders()
    {
        for (; _banned < _fetch.WrongSenders.Count; _banned++)
        {
            PeerOrigin sender = _fetch.WrongSenders[_banned];
            if (swarm.Trust.LevelOf(sender) != TrustLevel.Banned)
                swarm.ReportBan(sender, "it sent wrong metadata");
            swarm.Trust.Ban(sender);
            swarm.Candidates.Exclude(sender);
        }
    }

    private static string DetailOf(SourceFault fault) => fault switch
    {
        SourceFault.ServesNothing => "It did not answer metadata requests.",
        SourceFault.SizeTooLarge => "It announced more metadata than can be kept.",
        SourceFault.WrongData => "It sent wrong metadata.",
        _ => "It sent malformed or unsolicited metadata.",
    };

    private static DisconnectReason ReasonFor(SourceFault fault) => fault switch
    {
        SourceFault.ServesNothing => DisconnectReason.ServesNothing,
        SourceFault.SizeTooLarge => DisconnectReason.Useless,
        SourceFault.WrongData => DisconnectReason.Banned,
        _ => DisconnectReason.ProtocolError,
    };
}
