using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;
using TorrentPS.Protocol.Krpc;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Tests.Dht;

/// <summary>
/// A DHT node on a real socket that answers every query without naming nodes, and records all received packets.
/// </summary>
internal sealed class RecordingDhtNode : IDisposable
{
    private readonly Socket _socket;
    private readonly NodeId _id = NodeId.Random(new Random());
    private readonly Channel<byte[]> _packets = Channel.CreateUnbounded<byte[]>();
    private readonly List<byte[]> _recorded = [];

    public RecordingDhtNode(IPAddress address)
    {
        _socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        _socket.Bind(new IPEndPoint(address, 0));
        _ = ListenAsync();
    }

    public IPEndPoint EndPoint => (IPEndPoint)_socket.LocalEndPoint!;

    /// <summary>The peer named in answers to <c>get_peers</c>, for every torrent; null to name none.</summary>
    public IPEndPoint? Peer { get; init; }

    /// <summary>All packets received so far.</summary>
    public IReadOnlyList<byte[]> Packets
    {
        get
        {
            while (_packets.Reader.TryRead(out byte[]? packet))
                _recorded.Add(packet);
            return _recorded;
        }
    }

    /// <summary>Waits for a query with a method and, if given, an info hash.</summary>
    public async Task WaitForAsync(KrpcMethod method, InfoHash? torrent = null)
    {
        while (!_recorded.Exists(packet => IsAbout(packet, method, torrent)))
            _recorded.Add(await _packets.Reader.ReadAsync());
    }

    public void Dispose() => _socket.Dispose();

    private static bool IsAbout(byte[] packet, KrpcMethod method, InfoHash? torrent) =>
        KrpcMessage.TryParse(packet, out KrpcMessage query)
        && query.Method == method && (torrent is null || query.Target == NodeId.FromInfoHash(torrent.Value));

    private async Task ListenAsync()
    {
        byte[] buffer = new byte[2000];
        try
        {
            while (true)
            {
                SocketReceiveFromResult received = await _socket.ReceiveFromAsync(
                    buffer, new IPEndPoint(EndPoint.Address, 0));
                _packets.Writer.TryWrite(buffer[..received.ReceivedBytes]);
                Answer(buffer.AsSpan(0, received.ReceivedBytes), received.RemoteEndPoint);
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The node was disposed.
        }
    }

    private void Answer(ReadOnlySpan<byte> packet, EndPoint to)
    {
        if (!KrpcMessage.TryParse(packet, out KrpcMessage query) || query.Kind != KrpcKind.Query)
            return;
        byte[] compact = new byte[18];
        int compactLength = Peer is null ? 0 : new NodeAddress(Peer).Write(compact);
        byte[] values = [
            .. Encoding.ASCII.GetBytes($"l{compactLength}:"),
            .. compact.AsSpan(0, compactLength),
            (byte)'e',
        ];
        Span<byte> answer = stackalloc byte[KrpcMessage.MaxLength];
        int length = new KrpcMessage
        {
            Kind = KrpcKind.Response,
            TransactionId = query.TransactionId,
            Id = _id,
            Token = "token"u8,
            Values = query.Method == KrpcMethod.GetPeers && Peer is not null ? values : default,
        }.Write(answer);
        _socket.SendTo(answer[..length], to);
    }
}
