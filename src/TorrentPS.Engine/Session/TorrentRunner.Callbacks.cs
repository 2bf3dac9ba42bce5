using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Storage;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Engine.Trackers;
using TorrentPS.Engine.Transport;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Session;

/// <content>The members that the loop, the connections, the storage and the peer sources call.</content>
internal sealed partial class TorrentRunner : IConnectionOwner, ISwarmHost, IPeerEvents, IStorageEvents, IDiscoveryUser
{
    /// <inheritdoc/>
    public PeerFeatures Features => HandshakeExchange.Features | (Dht is null ? PeerFeatures.None : PeerFeatures.Dht);

    /// <inheritdoc/>
    public void Take(Socket socket, Handshake handshake, bool incoming)
    {
        socket.NoDelay = true;
        SendBacklog.Apply(socket);
        var connection = new PeerConnection(socket, _peers);
        var connected = new PeerConnected(connection, handshake, incoming, connection.Start);
        if (!Post(connected))
            connected.Refuse(DisconnectReason.Stopping);
    }

    /// <inheritdoc/>
    public void DialFailed(IPEndPoint endPoint, bool isSelf) => Post(new DialFailed(endPoint, isSelf));

    long? ISwarmHost.UploadLimit => _settings.Upload.Limit;

    void ISwarmHost.MetadataDownloaded(byte[] info)
    {
        Report(SessionEventKind.MetadataReceived, $"Received the metadata from peers: {info.Length} bytes.");
        _tasks.Run(() => UseMetadataAsync(info));
    }

    void ISwarmHost.StartCheck() => _tasks.Run(() => _content!.CheckAsync(Post, _closing.Token));

    bool ISwarmHost.TryDial(IPEndPoint endPoint) => _connector.TryDial(endPoint);

    WebSeedOpened ISwarmHost.OpenWebSeed(Uri webSeed) => _content!.WebSeeds.Open(webSeed);

    void ISwarmHost.StartAnnouncing() => _discovery.Start();

    void ISwarmHost.AnnounceCompleted() => _discovery.NotifyCompleted();

    void ISwarmHost.StopAnnouncing() => _discovery.Leave();

    void ISwarmHost.DhtNodeFound(IPEndPoint node) => Dht?.AddNode(node);

    void ISwarmHost.CachePeers(IReadOnlyList<GoodPeer> peers) => _discovery.CachePeers(peers);

    void ISwarmHost.Report(SessionEventKind kind, string message, IPEndPoint? peer) => Report(kind, message, peer);

    void IDiscoveryUser.Report(SessionEventKind kind, string message) => Report(kind, message);

    void ISwarmHost.Publish(TorrentStatus status)
    {
        _status = status;
        MetadataProgress = _swarm.MetadataProgress;
        _published(status);
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
}
