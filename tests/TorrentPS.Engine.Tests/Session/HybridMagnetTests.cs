using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Swarm.Handlers;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Session;

/// <summary>A link that names only the v2 info hash of a hybrid torrent (BEP 52).</summary>
public sealed class HybridMagnetTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private readonly TestTorrent _content = new(64 * 1024, [], ("a.bin", 100_001));
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public void Dispose()
    {
        _listener.Dispose();
        _content.Dispose();
    }

    [Fact]
    public async Task After_the_metadata_is_known_peers_are_connected_again_under_the_v1_hash()
    {
        _listener.Start();
        TorrentMetainfo hybrid = TorrentMetainfo.Parse(await TorrentCreator.CreateAsync(
            Path.Combine(_content.Source, "content"), new() { Version = MetainfoVersion.Hybrid, Threads = 1 }));
        var link = new MagnetLink
        {
            InfoHashV2 = hybrid.InfoHashV2,
            Peers = [new HostEndPoint("127.0.0.1", ((IPEndPoint)_listener.LocalEndpoint).Port)],
        };
        await using var session = new TorrentSession(_content.LocalSession);
        Torrent download = session.Add(link, new TorrentSettings { Destination = _content.Destination });
        using WirePeer first = await WirePeer.AcceptAsync(_listener).WaitAsync(s_limit);
        Assert.Equal(hybrid.InfoHashV2!.Value.Truncate(), first.Handshake.InfoHash);

        await SendMetadataAsync(first, hybrid.InfoBytes);

        using WirePeer second = await WirePeer.AcceptAsync(_listener).WaitAsync(s_limit);
        Assert.Equal(hybrid.InfoHash, second.Handshake.InfoHash);
        TorrentMetainfo? received = await download.MetadataReceived.WaitAsync(s_limit);
        Assert.Equal(hybrid.InfoHash, received?.InfoHash);
        Assert.Same(download, session.Find(hybrid.InfoHash!.Value));
        await first.WaitForCloseAsync();
    }

    private static async Task SendMetadataAsync(WirePeer peer, ReadOnlyMemory<byte> info)
    {
        Assert.True(info.Length <= MetadataMessage.PieceLength, "The info dictionary must be one piece.");
        await peer.SendAsync(0, new ExtensionHandshake { MetadataSize = info.Length }.Encode());
        await peer.ReceiveAsync(frame => frame.IsExtended(WirePeer.MetadataId));
        var data = new MetadataMessage
        {
            Type = MetadataMessageType.Data,
            Piece = 0,
            TotalSize = info.Length,
            Data = info,
        };
        await peer.SendAsync(MetadataUploadHandler.MessageId, data.Encode());
    }
}
