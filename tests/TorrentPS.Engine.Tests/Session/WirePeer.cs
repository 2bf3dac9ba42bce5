using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Session;
using TorrentPS.Engine.Transport;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Session;

/// <summary>A received message of the peer wire protocol (BEP 3).</summary>
/// <param name="Id">The message id.</param>
/// <param name="Body">The bytes after the id.</param>
internal sealed record Frame(PeerMessageId Id, byte[] Body)
{
    /// <summary>Whether the message is an extended message with an extended id (BEP 10).</summary>
    public bool IsExtended(byte id) => Id == PeerMessageId.Extended && Body[0] == id;
}

/// <summary>
/// A peer of a session that is only a socket: it sends what the test says, and keeps all received messages.
/// </summary>
internal sealed class WirePeer : IDisposable
{
    /// <summary>The extended message ids under which the peer receives peer exchange and metadata messages.</summary>
    public const byte PexId = 21, MetadataId = 22;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private readonly Socket _socket;
    private readonly List<Frame> _received = [];
    private int _next;

    private WirePeer(Socket socket) => _socket = socket;

    /// <summary>The session's handshake.</summary>
    public Handshake Handshake { get; private init; }

    /// <summary>All messages received by <see cref="ReceiveAsync"/>.</summary>
    public IReadOnlyList<Frame> Received => _received;

    /// <summary>
    /// Connects to a session and exchanges handshakes as a peer that supports peer exchange, metadata and the DHT.
    /// </summary>
    public static async Task<WirePeer> ConnectAsync(IPEndPoint session, InfoHash torrent, ushort listenPort)
    {
        using var limit = new CancellationTokenSource(s_limit);
        var socket = new Socket(session.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(session, limit.Token);
        Handshake? received = await HandshakeExchange.InitiateAsync(
            new TcpStream(socket),
            new Handshake(Features, torrent, LocalPeerId.Create(new SecureRandom())),
            limit.Token);
        return await ExchangeExtensionHandshakeAsync(socket, received!.Value, listenPort);
    }

    /// <summary>Accepts a connection of a session and exchanges the same handshakes.</summary>
    public static async Task<WirePeer> AcceptAsync(TcpListener listener)
    {
        using var limit = new CancellationTokenSource(s_limit);
        Socket socket = await listener.AcceptSocketAsync(limit.Token);
        Handshake? received = await HandshakeExchange.AcceptAsync(
            new TcpStream(socket), hash => new Handshake(Features, hash, LocalPeerId.Create(new SecureRandom())), limit.Token);
        return await ExchangeExtensionHandshakeAsync(
            socket, received!.Value, (ushort)((IPEndPoint)listener.LocalEndpoint).Port);
    }

    /// <summary>Sends an extended message (BEP 10).</summary>
    public async Task SendAsync(byte extendedId, byte[] payload)
    {
        byte[] frame = new byte[payload.Length + 16];
        ReadOnlyMemory<byte> rest = frame.AsMemory(0, PeerMessageWriter.WriteExtended(frame, extendedId, payload));
        while (!rest.IsEmpty)
            rest = rest[await _socket.SendAsync(rest)..];
    }

    /// <summary>Returns the next message that fulfils a condition, and keeps the messages before it.</summary>
    public async Task<Frame> ReceiveAsync(Func<Frame, bool> condition)
    {
        using var limit = new CancellationTokenSource(s_limit);
        while (true)
        {
            for (; _next < _received.Count; _next++)
            {
                if (condition(_received[_next]))
                    return _received[_next++];
            }

            byte[] head = await ReadAsync(4, limit.Token);
            int length = BinaryPrimitives.ReadInt32BigEndian(head);
            if (length == 0)
                continue;
            byte[] frame = await ReadAsync(length, limit.Token);
            _received.Add(new Frame((PeerMessageId)frame[0], frame[1..]));
        }
    }

    /// <summary>Waits until the session closes the connection.</summary>
    public async Task WaitForCloseAsync()
    {
        using var limit = new CancellationTokenSource(s_limit);
        byte[] buffer = new byte[1024];
        try
        {
            while (await _socket.ReceiveAsync(buffer, limit.Token) > 0)
            {
                // Messages before the end are ignored.
            }
        }
        catch (SocketException)
        {
            // The session closed the connection before it read all data of this peer.
        }
    }

    public void Dispose() => _socket.Dispose();

    private static PeerFeatures Features => HandshakeExchange.Features | PeerFeatures.Dht;

    private static async Task<WirePeer> ExchangeExtensionHandshakeAsync(
        Socket socket, Handshake received, ushort listenPort)
    {
        var peer = new WirePeer(socket) { Handshake = received };
        var handshake = new ExtensionHandshake
        {
            Messages = new Dictionary<string, byte>
            {
                [PexMessage.ExtensionName] = PexId,
                [MetadataMessage.ExtensionName] = MetadataId,
            },
            ListenPort = listenPort,
        };
        await peer.SendAsync(0, handshake.Encode());
        return peer;
    }

    private async Task<byte[]> ReadAsync(int count, CancellationToken cancellation)
    {
        byte[] bytes = new byte[count];
        for (int held = 0; held < count;)
        {
            int read = await _socket.ReceiveAsync(bytes.AsMemory(held), SocketFlags.None, cancellation);
            Assert.True(read > 0, $"The session closed the connection after {_received.Count} messages.");
            held += read;
        }

        return bytes;
    }
}
