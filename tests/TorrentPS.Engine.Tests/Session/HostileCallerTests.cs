using System.Net;
using System.Net.Sockets;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Session;

/// <summary>Callers that mean no good, one after another, against a session with room for few.</summary>
public sealed class HostileCallerTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Callers_that_misbehave_leave_room_for_those_who_do_not()
    {
        using var content = new TestTorrent(16 * 1024, [], ("a", 300_000));
        await using var seeds = new TorrentSession(content.LocalSession with { MaxConnections = 2 });
        Torrent seed = seeds.Add(
            content.Metainfo, new TorrentSettings { Destination = content.Source, Role = TorrentRole.Seed, StopWhen = StopWhen.Never });
        var there = new IPEndPoint(IPAddress.Loopback, seeds.ListenPort!.Value);
        byte[] hello = new byte[Handshake.Length];
        byte[] stranger = new byte[Handshake.Length];
        new Handshake(PeerFeatures.Fast, content.Metainfo.WireHash, new PeerId("-XX0000-zzzzzzzzzzzz"u8)).Write(hello);
        new Handshake(PeerFeatures.Fast, default, new PeerId("-XX0000-zzzzzzzzzzzz"u8)).Write(stranger);
        byte[][] attacks =
        [
            [],
            "GET / HTTP/1.1\r\n\r\n"u8.ToArray(),
            hello[..40],
            stranger,
            [.. hello, 0xff, 0xff, 0xff, 0xff],
            [.. hello, 0, 0, 0, 5, 4, 0x7f, 0, 0, 0],
            [.. hello, 0, 0, 0, 3, 20, 0, (byte)'x'],
        ];

        foreach (byte[] attack in attacks.Concat(attacks))
        {
            using var caller = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await caller.ConnectAsync(there);
            await caller.SendAsync(attack);
            caller.Shutdown(SocketShutdown.Send);
            await EndAsync(caller);
        }

        await using var leeches = new TorrentSession(content.LocalSession);
        Torrent download = leeches.Add(content.Metainfo, new TorrentSettings { Destination = content.Destination, Peers = [there] });
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
        Torrent seed = seeds.Add(
            content.Metainfo, new TorrentSettings { Destination = content.Source, Role = TorrentRole.Seed, StopWhen = StopWhen.Never });
        await seed.ReachAsync(TorrentState.Seeding);
        var session = new IPEndPoint(IPAddress.Loopback, seeds.ListenPort!.Value);

        using (Socket peer = await CallAsync(session, content.Metainfo.WireHash, 0))
        {
            Assert.True(await IsAcceptedAsync(peer));
            int port = ((IPEndPoint)peer.LocalEndPoint!).Port;
            await peer.SendAsync(Convert.FromHexString(frame));
            await EndAsync(peer);
            await HasNoPeersAsync(seed);
            peer.Close();

            using Socket again = await CallAsync(session, content.Metainfo.WireHash, port);
            Assert.False(await IsAcceptedAsync(again));
        }

        using Socket other = await CallAsync(session, content.Metainfo.WireHash, 0);
        Assert.True(await IsAcceptedAsync(other));
    }

    /// <summary>Correct messages in pieces of any size, and connections that break in the middle of a message.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1 << 20)]
    public async Task A_peer_that_sends_correct_messages_slowly_or_fast_is_accepted_again(int bytesPerSend)
    {
        using var content = new TestTorrent(16 * 1024, [], ("a", 300_000));
        await using var seeds = new TorrentSession(content.LocalSession);
        Torrent seed = seeds.Add(
            content.Metainfo, new TorrentSettings { Destination = content.Source, Role = TorrentRole.Seed, StopWhen = StopWhen.Never });
        await seed.ReachAsync(TorrentState.Seeding);
        var session = new IPEndPoint(IPAddress.Loopback, seeds.ListenPort!.Value);
        byte[] have = [0, 0, 0, 5, 4, 0, 0, 0, 1];
        int haves = bytesPerSend > 100 ? 10_000 : 10;
        byte[] messages = [.. Enumerable.Repeat(have, haves).SelectMany(bytes => bytes), 0, 0, 0, 0, 0, 0, 0, 5, 4];
        int port = 0;

        for (int i = 0; i < 4; i++)
        {
            using Socket peer = await CallAsync(session, content.Metainfo.WireHash, port);
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
            await EndAsync(peer);
            await HasNoPeersAsync(seed);
        }
    }

    /// <summary>Connects to a session and sends the handshake.</summary>
    /// <param name="session">The session's address.</param>
    /// <param name="torrent">The torrent.</param>
    /// <param name="port">The port to call from: on this machine a penalty is for address and port. 0 takes a free one.</param>
    private static async Task<Socket> CallAsync(IPEndPoint session, InfoHash torrent, int port)
    {
        var caller = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        caller.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        caller.Bind(new IPEndPoint(IPAddress.Loopback, port));
        await caller.ConnectAsync(session);
        byte[] hello = new byte[Handshake.Length];
        new Handshake(PeerFeatures.Fast | PeerFeatures.ExtensionProtocol, torrent, new PeerId("-XX0000-zzzzzzzzzzzz"u8)).Write(hello);
        await caller.SendAsync(hello);
        return caller;
    }

    /// <summary>Waits until the torrent's loop has handled the end of every connection.</summary>
    private static async Task HasNoPeersAsync(Torrent torrent)
    {
        using var limit = new CancellationTokenSource(s_limit);
        while ((await torrent.GetPeersAsync()).Count > 0)
            await Task.Delay(10, limit.Token);
    }

    /// <summary>Whether the session sends anything but its handshake: it sends that before the torrent decides about the peer.</summary>
    private static async Task<bool> IsAcceptedAsync(Socket caller)
    {
        byte[] buffer = new byte[Handshake.Length + 1];
        using var timeout = new CancellationTokenSource(s_limit);
        try
        {
            for (int read = 0; read < buffer.Length;)
            {
                int count = await caller.ReceiveAsync(buffer.AsMemory(read), SocketFlags.None, timeout.Token);
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

    /// <summary>Reads until the other side hangs up.</summary>
    private static async Task EndAsync(Socket caller)
    {
        byte[] buffer = new byte[1024];
        using var timeout = new CancellationTokenSource(s_limit);
        try
        {
            while (await caller.ReceiveAsync(buffer, SocketFlags.None, timeout.Token) > 0)
            {
                // It says hello and what it has.
            }
        }
        catch (SocketException)
        {
            // It hung up with our words unread.
        }
    }
}
