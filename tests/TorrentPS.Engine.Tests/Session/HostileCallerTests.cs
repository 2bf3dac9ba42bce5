using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Policy;
using TorrentPS.Engine.Session;
using TorrentPS.Engine.Snapshots;
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
