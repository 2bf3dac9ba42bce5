using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Network;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Policy.Addresses;
using TorrentPS.Engine.Storage;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Engine.Trackers;
using TorrentPS.Engine.Transport;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Session;

/// <content>
/// The members that the loop, the connections, the storage and the peer sources call, and the dialing of peers.
/// </content>
internal sealed partial class TorrentRunner : ISwarmHost, IPeerEvents, IStorageEvents, IDiscoveryUser
{
    /// <summary>
    /// The features that this client announces in its handshakes for the torrent.
    /// </summary>
    private PeerFeatures Features => HandshakeExchange.Features | (Dht is null ? PeerFeatures.None : PeerFeatures.Dht);

    /// <summary>Returns this client's handshake for the torrent, with one of the torrent's info hashes.</summary>
    public Handshake HandshakeFor(InfoHash infoHash) => new(Features, infoHash, _identity.PeerId);

    /// <summary>
    /// Takes ownership of a connection on which both handshakes were exchanged, and offers it to the loop.
    /// <see cref="ConnectionBudget.Release"/> is called when the connection is closed.
    /// </summary>
    /// <param name="stream">The connection.</param>
    /// <param name="handshake">The handshake that the peer sent.</param>
    /// <param name="incoming">Whether the peer opened the connection.</param>
    public void Take(PeerStream stream, Handshake handshake, bool incoming)
    {
        var connection = new PeerConnection(stream, _peers, handshake.Has(PeerFeatures.Fast));
        var connected = new PeerConnected(connection, handshake, incoming, connection.Start)
        {
            IsEncrypted = stream.IsEncrypted,
        };
        if (!Post(connected))
            connected.Refuse(DisconnectReason.Stopping);
    }

    ExternalAddress ISwarmHost.ExternalAddress => _session.ExternalAddress;

    long? ISwarmHost.UploadLimit => _settings.Upload.Limit;

    void ISwarmHost.MetadataDownloaded(byte[] info)
    {
        Report(SessionEventKind.MetadataReceived, $"Received the metadata from peers: {info.Length} bytes.");
        _tasks.Run(() => UseMetadataAsync(info));
    }

    bool ISwarmHost.IsFiltered(IPAddress address) => _session.Filter.Stops(address, FilteredTraffic.Outgoing);

    void ISwarmHost.StartCheck() => _tasks.Run(() => _content!.CheckAsync(Post, _closing.Token));

    bool ISwarmHost.TryDial(IPEndPoint endPoint, bool? isEncrypted)
    {
        if (!_session.Connections.TryBegin())
            return false;
        InfoHash infoHash = WireHash;
        _tasks.Run(() => DialAsync(endPoint, infoHash, isEncrypted));
        return true;
    }

    WebSeedOpened ISwarmHost.OpenWebSeed(Uri webSeed) => _content!.WebSeeds.Open(webSeed);

    void ISwarmHost.StartAnnouncing()
    {
        UpdateStatus();
        _discovery.Start();
    }

    void ISwarmHost.AnnounceCompleted()
    {
        UpdateStatus();
        _discovery.NotifyCompleted();
    }

    void ISwarmHost.StopAnnouncing() => _discovery.Leave();

    void ISwarmHost.DhtNodeFound(IPEndPoint node) => Dht?.AddNode(node);

    void ISwarmHost.CachePeers(IReadOnlyList<GoodPeer> peers) => _discovery.CachePeers(peers);

    void ISwarmHost.Report(SessionEventKind kind, string message, IPEndPoint? peer) => Report(kind, message, peer);

    void IDiscoveryUser.Report(SessionEventKind kind, string message) => Report(kind, message);

    /// <summary>
    /// Updates the status before an announce, because the announce contains the number of bytes left. The last
    /// published status can be from before the last piece was verified. With that status, the tracker would count a
    /// seed as a leech.
    /// </summary>
    private void UpdateStatus() => _status = _swarm.Status;

    void ISwarmHost.Publish(TorrentStatus status)
    {
        _status = status;
        MetadataProgress = _swarm.MetadataProgress;
        if (status.HasEnded || status.State is TorrentState.Finished or TorrentState.Seeding or TorrentState.Paused)
            _queuePlace?.Leave();
        Published?.Invoke(status);
    }

    void ISwarmHost.Ended(bool goalReached) => _ = Task.Run(() => EndAsync(goalReached));

    void IPeerEvents.Received(IBlockSource source, MessageBatch batch) =>
        _mailbox.PostAndHandle(new MessagesReceived(source, batch));

    void IPeerEvents.Closed(IBlockSource source, DisconnectReason reason, string? detail)
    {
        _session.Connections.Release();
        Post(new PeerClosed(source, reason, detail));
    }

    void IStorageEvents.PieceVerified(PieceIndex piece, ulong[]? digests) => Post(new PieceVerified(piece, digests));

    void IStorageEvents.PieceRejected(PieceIndex piece, ulong[] digests) => Post(new PieceRejected(piece, digests));

    void IStorageEvents.Faulted(StorageFault fault) => Post(new StorageFaulted(fault));

    AnnounceProgress IDiscoveryUser.Progress
    {
        get
        {
            TorrentStatus now = _status;

            // Trackers count a peer with nothing left as a seed, so unwanted pieces count as left too.
            long left = Metainfo is { } metainfo
                ? Math.Min(metainfo.Size, (long)(metainfo.PieceCount - now.PiecesHave) * metainfo.PieceLength)
                : _link!.ExactLength ?? UnknownLeft;
            return new AnnounceProgress(now.Uploaded, now.Downloaded, left, (ushort)_port);
        }
    }

    void IDiscoveryUser.PeersFound(IReadOnlyList<IPEndPoint> peers, PeerSource source) =>
        Post(new PeersFound(peers, source));

    /// <summary>
    /// Dials an address and exchanges handshakes. Then posts either <see cref="PeerConnected"/> or
    /// <see cref="DialFailed"/>.
    /// </summary>
    private async Task DialAsync(IPEndPoint endPoint, InfoHash infoHash, bool? isEncrypted)
    {
        PeerStream? stream = null;
        bool connected = false, isSelf = false;
        try
        {
            var dialed = await PeerConnector.ConnectAsync(
                endPoint,
                _session.Binding,
                HandshakeFor(infoHash),
                _session.Settings.OutgoingEncryption,
                isEncrypted,
                _closing.Token);
            stream = dialed?.Stream;
            isSelf = dialed?.Received.PeerId == _identity.PeerId;
            if (dialed is { } peer && !isSelf)
            {
                Take(peer.Stream, peer.Received, incoming: false);
                connected = true;
            }
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The dial failed. The loop decides whether the address is dialed again.
        }

        _session.Connections.EndHalfOpen();
        if (connected)
            return;
        stream?.Dispose();
        _session.Connections.Release();
        Post(new DialFailed(endPoint, isSelf));
    }
}
