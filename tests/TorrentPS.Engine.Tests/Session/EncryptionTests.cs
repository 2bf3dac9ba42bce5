using System.Net;
using System.Net.Sockets;
using System.Text;
using TorrentPS.Engine.Network;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Session;
using TorrentPS.Engine.Transport;
using TorrentPS.Protocol.Encryption;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Session;

/// <summary>Encrypted connections (MSE) of sessions, over loopback.</summary>
public sealed class EncryptionTests : IDisposable
{
    private const EncryptionMethods Both = EncryptionMethods.Rc4 | EncryptionMethods.PlainText;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private readonly TestTorrent _content = new(16 * 1024, [], ("a", 700_000));

    public static TheoryData<EncryptionPolicy, EncryptionPolicy> Policies()
    {
        var cases = new TheoryData<EncryptionPolicy, EncryptionPolicy>();
        foreach (EncryptionPolicy outgoing in Enum.GetValues<EncryptionPolicy>())
        {
            foreach (EncryptionPolicy incoming in Enum.GetValues<EncryptionPolicy>())
                cases.Add(outgoing, incoming);
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public async Task Two_sessions_connect_unless_one_requires_what_the_other_disables(
        EncryptionPolicy outgoing, EncryptionPolicy incoming)
    {
        await using var seeds = new TorrentSession(_content.LocalSession with { IncomingEncryption = incoming });
        await using var leeches = new TorrentSession(
            _content.LocalSession with { OutgoingEncryption = outgoing, StateFolder = _content.State + "2" });
        await _content.SeedAsync(seeds);
        IPEndPoint seed = At(seeds);
        bool mustFail = (outgoing, incoming) is (EncryptionPolicy.Require, EncryptionPolicy.Disable)
            or (EncryptionPolicy.Disable, EncryptionPolicy.Require);
        bool isEncrypted = outgoing == EncryptionPolicy.Require || incoming == EncryptionPolicy.Require;

        PeerProbeResult probe = await PeerProbe.ProbeAsync(
            seed, _content.Metainfo.WireHash, 0, s_limit, leeches.Settings, default);
        Assert.Equal((!mustFail, !mustFail && isEncrypted), (probe.Answered, probe.IsEncrypted));
        if (mustFail)
            return;

        Torrent download = leeches.Add(
            _content.Metainfo,
            new TorrentSettings { Destination = _content.Destination, Peers = [seed], StopWhen = StopWhen.Never });
        await download.ReachAsync(TorrentState.Seeding);
        _content.AssertDownloaded();
        IReadOnlyList<PeerStatus> peers = await download.GetPeersAsync();
        IReadOnlyList<DisconnectedPeer> gone = await download.GetDisconnectedPeersAsync();
        PeerStatus peer = peers.Concat(gone.Select(left => left.Peer)).First();
        Assert.Equal(isEncrypted, peer.IsEncrypted);
        Assert.Equal(isEncrypted, peer.Flags.HasFlag(PeerFlags.Encrypted));
        SessionEvent connected = leeches.Events.GetEvents().First(entry => entry.Kind == SessionEventKind.PeerConnected);
        Assert.Equal(isEncrypted, connected.Message.Contains(", encrypted, ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_session_that_requires_encryption_sends_no_plain_byte_and_makes_no_plain_connection()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task<PeerProbeResult> probe = PeerProbe.ProbeAsync(
            (IPEndPoint)listener.LocalEndpoint,
            _content.Metainfo.WireHash,
            0,
            s_limit,
            new SessionSettings { OutgoingEncryption = EncryptionPolicy.Require },
            default);
        byte[] sent = await ReadSomeAsync(await listener.AcceptSocketAsync());

        Assert.False((await probe.WaitAsync(s_limit)).Answered);
        Assert.False(listener.Pending());
        AssertNoPlainText(sent);
    }

    /// <summary>The seed sends nothing to a peer that sends its handshake in plain text.</summary>
    [Fact]
    public async Task A_session_that_requires_encryption_does_not_answer_a_plain_handshake()
    {
        await using var seeds = new TorrentSession(
            _content.LocalSession with { IncomingEncryption = EncryptionPolicy.Require });
        await _content.SeedAsync(seeds);
        using var peer = new TcpStream(await ConnectAsync(seeds));
        await peer.SendAllAsync(OwnHandshake(), default);

        Assert.Equal(0, await ReadEndAsync(peer));
    }

    /// <summary>Under Require, a peer that offers only a plain payload is refused before an answer to its offer.</summary>
    [Fact]
    public async Task A_session_that_requires_encryption_refuses_a_plain_payload()
    {
        await using var seeds = new TorrentSession(
            _content.LocalSession with { IncomingEncryption = EncryptionPolicy.Require });
        await _content.SeedAsync(seeds);
        using var peer = new TcpStream(await ConnectAsync(seeds));
        var handshake = new InitiatorHandshake(
            _content.Metainfo.WireHash, EncryptionMethods.PlainText, OwnHandshake(), new Random(1));

        Assert.False(await CompleteAsync(peer, handshake));
    }

    [Theory]
    [InlineData(EncryptionMethods.PlainText)]
    [InlineData(EncryptionMethods.Rc4)]
    [InlineData(Both)]
    public async Task A_peer_gets_the_method_that_it_offers_and_the_handshake_in_it(EncryptionMethods offered)
    {
        await using var seeds = new TorrentSession(_content.LocalSession);
        await _content.SeedAsync(seeds);
        using var peer = new TcpStream(await ConnectAsync(seeds));
        var handshake = new InitiatorHandshake(_content.Metainfo.WireHash, offered, OwnHandshake(), new Random(1));

        Assert.True(await CompleteAsync(peer, handshake));
        Assert.Equal(
            offered == Both ? EncryptionMethods.Rc4 : offered, handshake.Method);
        PeerStream continued = handshake.Method == EncryptionMethods.Rc4
            ? new EncryptedStream(peer, handshake.Sending!, handshake.Receiving!)
            : peer;
        Handshake? answer = await HandshakeExchange.ReceiveAnswerAsync(
            new PrefixedStream(handshake.TakeRemainder(), continued), _content.Metainfo.WireHash, default);
        Assert.NotNull(answer);
    }

    [Fact]
    public async Task A_handshake_for_another_torrent_than_that_of_the_key_is_refused()
    {
        using var other = new TestTorrent(16 * 1024, [], ("b", 100_000));
        await using var seeds = new TorrentSession(_content.LocalSession);
        await _content.SeedAsync(seeds);
        await other.SeedAsync(seeds);
        using var peer = new TcpStream(await ConnectAsync(seeds));
        byte[] first = new byte[Handshake.Length];
        new Handshake(0, other.Metainfo.WireHash, new PeerId("-XX0000-zzzzzzzzzzzz"u8)).Write(first);
        var handshake = new InitiatorHandshake(_content.Metainfo.WireHash, EncryptionMethods.Rc4, first, new Random(1));

        Assert.True(await CompleteAsync(peer, handshake));
        Assert.Empty(handshake.TakeRemainder());
        Assert.Equal(0, await ReadEndAsync(peer));
    }

    /// <summary>Each of these is closed by the session, and none later than its time limit for handshakes.</summary>
    [Theory]
    [InlineData("unknown torrent")]
    [InlineData("endless padding")]
    [InlineData("invalid key")]
    [InlineData("silence")]
    public async Task A_wrong_encryption_handshake_is_closed(string attack)
    {
        await using var seeds = new TorrentSession(_content.LocalSession);
        await _content.SeedAsync(seeds);
        using var peer = new TcpStream(await ConnectAsync(seeds));
        byte[] noise = new byte[2000];
        new Random(7).NextBytes(noise);
        switch (attack)
        {
            case "unknown torrent":
                Assert.False(await CompleteAsync(
                    peer, new InitiatorHandshake(default, Both, OwnHandshake(), new Random(1))));
                break;
            case "endless padding":
                await peer.SendAllAsync(noise, default);
                break;
            case "invalid key":
                await peer.SendAllAsync(new byte[DiffieHellmanKey.Length], default);
                break;
            default:
                await peer.SendAllAsync(noise.AsMemory(0, 50), default);
                break;
        }

        // At most the public key and the padding of the session arrive.
        Assert.InRange(await ReadEndAsync(peer), 0, DiffieHellmanKey.Length + EncryptionHandshake.MaxPadding);
    }

    /// <summary>A peer that requires encryption closes the plain connection.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Under_Prefer_a_peer_that_closes_a_plain_connection_gets_an_encrypted_one_at_once(bool resets)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task<PeerProbeResult> probe = PeerProbe.ProbeAsync(
            (IPEndPoint)listener.LocalEndpoint,
            _content.Metainfo.WireHash,
            0,
            s_limit,
            new SessionSettings(),
            default);
        using (Socket first = await listener.AcceptSocketAsync())
        {
            Assert.Equal(Handshake.Length, await first.ReceiveAsync(new byte[1000]));
            first.LingerState = new LingerOption(resets, 0);
        }

        using Socket second = await listener.AcceptSocketAsync();
        var accepted = await EncryptionExchange.AcceptAsync(
            new TcpStream(second),
            _ => _content.Metainfo.WireHash,
            EncryptionPolicy.Require,
            new Random(1),
            default);
        Assert.NotNull(await HandshakeExchange.AcceptAsync(
            accepted!.Value.Stream,
            hash => new Handshake(HandshakeExchange.Features, hash, new PeerId("-XX0000-zzzzzzzzzzzz"u8)),
            default));
        second.Shutdown(SocketShutdown.Both);

        PeerProbeResult result = await probe.WaitAsync(s_limit);
        Assert.True(result.Answered && result.IsEncrypted);
    }

    /// <summary>
    /// The peer accepted an encrypted connection before. Now it closes the connection or answers in plain text, as a
    /// client does that only knows plain text.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Under_Prefer_a_peer_that_no_longer_encrypts_gets_a_plain_connection_at_once(bool answers)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        byte[] own = OwnHandshake();
        Handshake.TryRead(own, out Handshake handshake);
        Task<(PeerStream Stream, Handshake Received)?> dial = PeerConnector.ConnectAsync(
            (IPEndPoint)listener.LocalEndpoint,
            new NetworkBinding(IPAddress.Loopback),
            handshake,
            EncryptionPolicy.Prefer,
            isEncrypted: true,
            default);
        using (Socket first = await listener.AcceptSocketAsync())
        {
            byte[] received = new byte[1000];
            AssertNoPlainText(received[..await first.ReceiveAsync(received)]);
            if (answers)
                await first.SendAsync(Enumerable.Repeat(own, 20).SelectMany(bytes => bytes).ToArray());
        }

        using Socket second = await listener.AcceptSocketAsync();
        await HandshakeExchange.AcceptAsync(
            new TcpStream(second), _ => handshake, default);

        var dialed = await dial.WaitAsync(s_limit);
        using PeerStream stream = dialed!.Value.Stream;
        Assert.False(stream.IsEncrypted);
    }

    public void Dispose() => _content.Dispose();

    private static IPEndPoint At(TorrentSession session) => new(IPAddress.Loopback, session.ListenPort!.Value);

    private static async Task<Socket> ConnectAsync(TorrentSession session)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(At(session));
        return socket;
    }

    private byte[] OwnHandshake()
    {
        byte[] bytes = new byte[Handshake.Length];
        new Handshake(PeerFeatures.Fast, _content.Metainfo.WireHash, new PeerId("-XX0000-zzzzzzzzzzzz"u8)).Write(bytes);
        return bytes;
    }

    private static void AssertNoPlainText(byte[] sent)
    {
        Assert.InRange(
            sent.Length, DiffieHellmanKey.Length, DiffieHellmanKey.Length + EncryptionHandshake.MaxPadding);
        Assert.DoesNotContain("BitTorrent", Encoding.Latin1.GetString(sent), StringComparison.Ordinal);
    }

    /// <summary>Whether the session completes the handshake; false if it closes the connection.</summary>
    private static async Task<bool> CompleteAsync(PeerStream peer, InitiatorHandshake handshake)
    {
        byte[] buffer = new byte[1024];
        using var limit = new CancellationTokenSource(s_limit);
        try
        {
            while (true)
            {
                await peer.SendAllAsync(handshake.TakeOutput(), limit.Token);
                if (handshake.IsComplete)
                    return true;
                int count = await peer.ReceiveAsync(buffer, limit.Token);
                if (count == 0)
                    return false;
                handshake.Receive(buffer.AsSpan(0, count));
            }
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static async Task<byte[]> ReadSomeAsync(Socket socket)
    {
        byte[] buffer = new byte[1000];
        int count = await socket.ReceiveAsync(buffer);
        socket.Close();
        return buffer[..count];
    }

    /// <summary>Reads until the session closes the connection. Returns the number of bytes.</summary>
    private static async Task<int> ReadEndAsync(PeerStream stream)
    {
        int total = 0;
        byte[] buffer = new byte[1000];
        using var limit = new CancellationTokenSource(s_limit);
        try
        {
            for (int read; (read = await stream.ReceiveAsync(buffer, limit.Token)) > 0;)
                total += read;
        }
        catch (SocketException)
        {
            // The session closed the connection before it read all bytes.
        }

        return total;
    }
}
