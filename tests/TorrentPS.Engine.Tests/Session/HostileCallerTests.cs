using System.Net;
using System.Net.Sockets;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Session;

/// <summary>Incoming connections that send garbage, against a session that accepts few connections.</summary>
public sealed class HostileCallerTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Misbehaving_peers_do_not_use_up_the_connection_limit()
    {
        using var content = new TestTorrent(16 * 1024, [], ("a", 300_000));
        await using var seeds = new TorrentSession(content.LocalSession with { MaxConnections = 2 });
        Torrent seed = seeds.Add(content.Metainfo, content.SeedSettings);
        var address = new IPEndPoint(IPAddress.Loopback, seeds.ListenPort!.Value);
        byte[] handshake = new byte[Handshake.Length];
        byte[] unknownTorrent = new byte[Handshake.Length];
        var id = new PeerId("-XX0000-zzzzzzzzzzzz"u8);
        new Handshake(PeerFeatures.Fast, content.Metainfo.WireHash, id).Write(handshake);
        new Handshake(PeerFeatures.Fast, default, id).Write(unknownTorrent);
        byte[][] attacks =
        [
            [],
            "GET / HTTP/1.1\r\n\r\n"u8.ToArray(),
            handshake[..40],
            unknownTorrent,
            [.. handshake, 0xff, 0xff, 0xff, 0xff],
            [.. handshake, 0, 0, 0, 5, 4, 0x7f, 0, 0, 0],
            [.. handshake, 0, 0, 0, 3, 20, 0, (byte)'x'],
        ];

        foreach (byte[] attack in attacks.Concat(attacks))
        {
            using var peer = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await peer.ConnectAsync(address);
            await peer.SendAsync(attack);
            peer.Shutdown(SocketShutdown.Send);
            await WaitForCloseAsync(peer);
        }

        await using var leeches = new TorrentSession(content.LocalSession);
        Torrent download = leeches.Add(
            content.Metainfo, new TorrentSettings { Destination = content.Destination, Peers = [address] });
        TorrentResult result = await download.Completion.WaitAsync(s_limit);

        Assert.True(result.GoalReached);
        content.AssertDownloaded();
        Assert.False(seed.Status.HasEnded);
    }

    /// <summary>
    /// Malformed frames: too long, a piece index out of range, a wrong length, an invalid extension handshake.
    /// </summary>
    [Theory]
    [InlineData("ffffffff")]
    [InlineData("000000050480000000")]
    [InlineData("000000030400")]
    [InlineData("00000003140078")]
    public async Task A_peer_that_sends_a_malformed_frame_is_refused_when_it_returns(string frame)
    {
        using var content = new TestTorrent(16 * 1024, [], ("a", 300_000));
        await using var seeds = new TorrentSession(content.LocalSession);
        Torrent seed = await content.SeedAsync(seeds);
        var session = new IPEndPoint(IPAddress.Loopback, seeds.ListenPort!.Value);

        using (Socket peer = await ConnectAsync(session, content.Metainfo.WireHash, 0))
        {
            Assert.True(await IsAcceptedAsync(peer));
            int port = ((IPEndPoint)peer.LocalEndPoint!).Port;
            await peer.SendAsync(Convert.FromHexString(frame));
            await WaitForCloseAsync(peer);
            await WaitForNoPeersAsync(seed);
            peer.Close();

            using Socket again = await ConnectAsync(session, content.Metainfo.WireHash, port);
            Assert.False(await IsAcceptedAsync(again));
        }

        using Socket other = await ConnectAsync(session, content.Metainfo.WireHash, 0);
        Assert.True(await IsAcceptedAsync(other));
    }

    /// <summary>Correct messages in sends of any size, and connections that end in the middle of a message.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1 << 20)]
    public async Task A_peer_that_sends_correct_messages_slowly_or_fast_is_accepted_again(int bytesPerSend)
    {
        using var content = new TestTorrent(16 * 1024, [], ("a", 300_000));
        await using var seeds = new TorrentSession(content.LocalSession);
        Torrent seed = await content.SeedAsync(seeds);
        var session = new IPEndPoint(IPAddress.Loopback, seeds.ListenPort!.Value);
        byte[] have = [0, 0, 0, 5, 4, 0, 0, 0, 1];
        int haves = bytesPerSend > 100 ? 10_000 : 10;
        byte[] messages = [.. Enumerable.Repeat(have, haves).SelectMany(bytes => bytes), 0, 0, 0, 0, 0, 0, 0, 5, 4];
        int port = 0;

        for (int i = 0; i < 4; i++)
        {
            using Socket peer = await ConnectAsync(session, content.Metainfo.WireHash, port);
            Assert.True(await IsAcceptedAsync(peer));
            port = ((IPEndPoint)peer.LocalEndPoint!).Port;
            peer.NoDelay = true;
            for (int sent = 0; sent < messages.Length; sent += bytesPerSend)
            {
                await peer.SendAsync(messages.AsMemory(sent, Math.Min(bytesPerSend, messages.Length - sent)));
                if (bytesPerSend < 100)
                    await Task.Delay(1);
            }

            peer.Shutdown(SocketShutdown.Send);
            await WaitForCloseAsync(peer);
            await WaitForNoPeersAsync(seed);
        }
    }

    /// <summary>Connects to a session and sends the handshake.</summary>
    /// <param name="session">The session's address.</param>
    /// <param name="torrent">The torrent.</param>
    /// <param name="port">
    /// The local port; 0 means any. Penalties of loopback peers are kept by address and port.
    /// </param>
    private static async Task<Socket> ConnectAsync(IPEndPoint session, InfoHash torrent, int port)
    {
        var peer = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        peer.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        peer.Bind(new IPEndPoint(IPAddress.Loopback, port));
        await peer.ConnectAsync(session);
        byte[] handshake = new byte[Handshake.Length];
        var id = new PeerId("-XX0000-zzzzzzzzzzzz"u8);
        new Handshake(PeerFeatures.Fast | PeerFeatures.ExtensionProtocol, torrent, id).Write(handshake);
        await peer.SendAsync(handshake);
        return peer;
    }

    /// <summary>Waits until the torrent's loop has handled the end of every connection.</summary>
    private static async Task WaitForNoPeersAsync(Torrent torrent)
    {
        using var limit = new CancellationTokenSource(s_limit);
        while ((await torrent.GetPeersAsync()).Count > 0)
            await Task.Delay(10, limit.Token);
    }

    /// <summary>
    /// Whether the session sends anything after its handshake, which it sends before the torrent accepts the peer.
    /// </summary>
    private static async Task<bool> IsAcceptedAsync(Socket peer)
    {
        byte[] buffer = new byte[Handshake.Length + 1];
        using var timeout = new CancellationTokenSource(s_limit);
        try
        {
            for (int read = 0; read < buffer.Length;)
            {
                int count = await peer.ReceiveAsync(buffer.AsMemory(read), SocketFlags.None, timeout.Token);
                if (count == 0)
                    return false;
                read += count;
            }

            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Reads until the session closes the connection.</summary>
    private static async Task WaitForCloseAsync(Socket peer)
    {
        byte[] buffer = new byte[1024];
        using var timeout = new CancellationTokenSource(s_limit);
        try
        {
            while (await peer.ReceiveAsync(buffer, SocketFlags.None, timeout.Token) > 0)
            {
                // Messages before the end are ignored.
            }
        }
        catch (SocketException)
        {
            // The session closed the connection before it read all data of this peer.
        }
    }
}
