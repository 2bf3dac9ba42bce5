using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Session;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Session;

/// <summary>A frame on the wire.</summary>
/// <param name="Id">What it is; a keep-alive has none.</param>
/// <param name="Body">What follows the id.</param>
internal sealed record Frame(PeerMessageId Id, byte[] Body)
{
    /// <summary>Whether it is an extended message with that id (BEP 10).</summary>
    public bool IsExtended(byte id) => Id == PeerMessageId.Extended && Body[0] == id;
}

/// <summary>A peer of a session that is nothing but a socket: the test says what it says, and all that comes is kept as it came.</summary>
internal sealed class WirePeer : IDisposable
{
    /// <summary>Under which ids it takes what peers tell of peers, and metadata.</summary>
    public const byte PexId = 21, MetadataId = 22;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private readonly Socket _socket;
    private readonly List<Frame> _heard = [];
    private int _next;

    private WirePeer(Socket socket) => _socket = socket;

    /// <summary>What the session said of itself.</summary>
    public Handshake Handshake { get; private init; }

    /// <summary>All frames heard.</summary>
    public IReadOnlyList<Frame> Heard => _heard;

    /// <summary>Calls a session and greets it as one that can do everything, peer exchange, metadata and the DHT included.</summary>
    public static async Task<WirePeer> CallAsync(IPEndPoint session, InfoHash torrent, ushort listenPort)
    {
        using var limit = new CancellationTokenSource(s_limit);
        var socket = new Socket(session.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(session, limit.Token);
        Handshake? heard = await HandshakeExchange.InitiateAsync(socket, torrent, LocalPeerId.Create(new Random()), Features, limit.Token);
        return await GreetAsync(socket, heard!.Value, listenPort);
    }

    /// <summary>Waits for a session's call and greets it in the same way.</summary>
    public static async Task<WirePeer> AcceptAsync(TcpListener listener)
    {
        using var limit = new CancellationTokenSource(s_limit);
        Socket socket = await listener.AcceptSocketAsync(limit.Token);
        Handshake? heard = await HandshakeExchange.AcceptAsync(socket, _ => Features, LocalPeerId.Create(new Random()), limit.Token);
        return await GreetAsync(socket, heard!.Value, (ushort)((IPEndPoint)listener.LocalEndpoint).Port);
    }

    /// <summary>Says something in an extension (BEP 10).</summary>
    public async Task SayAsync(byte extendedId, byte[] payload)
    {
        byte[] frame = new byte[payload.Length + 16];
        ReadOnlyMemory<byte> rest = frame.AsMemory(0, PeerMessageWriter.WriteExtended(frame, extendedId, payload));
        while (!rest.IsEmpty)
            rest = rest[await _socket.SendAsync(rest)..];
    }

    /// <summary>Waits for the next frame of a kind; those on the way there are kept, too.</summary>
    public async Task<Frame> HearAsync(Func<Frame, bool> isAwaited)
    {
        using var limit = new CancellationTokenSource(s_limit);
        while (true)
        {
            for (; _next < _heard.Count; _next++)
            {
                if (isAwaited(_heard[_next]))
                    return _heard[_next++];
            }

            byte[] head = await ReadAsync(4, limit.Token);
            int length = BinaryPrimitives.ReadInt32BigEndian(head);
            if (length == 0)
                continue;
            byte[] frame = await ReadAsync(length, limit.Token);
            _heard.Add(new Frame((PeerMessageId)frame[0], frame[1..]));
        }
    }

    /// <summary>Waits until the session hangs up.</summary>
    public async Task EndAsync()
    {
        using var limit = new CancellationTokenSource(s_limit);
        byte[] buffer = new byte[1024];
        try
        {
            while (await _socket.ReceiveAsync(buffer, limit.Token) > 0)
            {
                // What it says until then does not matter.
            }
        }
        catch (SocketException)
        {
            // It hung up with our words unread.
        }
    }

    public void Dispose() => _socket.Dispose();

    private static PeerFeatures Features => HandshakeExchange.Features | PeerFeatures.Dht;

    private static async Task<WirePeer> GreetAsync(Socket socket, Handshake heard, ushort listenPort)
    {
        var peer = new WirePeer(socket) { Handshake = heard };
        var greeting = new ExtensionHandshake
        {
            Messages = new Dictionary<string, byte> { [PexMessage.ExtensionName] = PexId, [MetadataMessage.ExtensionName] = MetadataId },
            ListenPort = listenPort,
        };
        await peer.SayAsync(0, greeting.Encode());
        return peer;
    }

    private async Task<byte[]> ReadAsync(int count, CancellationToken cancellation)
    {
        byte[] bytes = new byte[count];
        for (int held = 0; held < count;)
        {
            int read = await _socket.ReceiveAsync(bytes.AsMemory(held), SocketFlags.None, cancellation);
            Assert.True(read > 0, $"The session hung up after {_heard.Count} frames.");
            held += read;
        }

        return bytes;
    }
}
