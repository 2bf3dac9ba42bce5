using System.Net;
using System.Net.Sockets;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Session;

public sealed class BlockedCallerTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_blocked_caller_gets_no_handshake_until_it_is_unblocked()
    {
        using var content = new TestTorrent(16 * 1024, [], ("a", 300_000));
        await using var seeds = new TorrentSession(
            content.LocalSession with { BlockList = [BlockedNetwork.Of(IPAddress.Loopback)] });
        seeds.Add(content.Metainfo, content.SeedSettings);
        var address = new IPEndPoint(IPAddress.Loopback, seeds.ListenPort!.Value);

        Assert.Equal(0, await CallAsync(address, content.Metainfo.WireHash));
        await seeds.ApplyAsync(settings => settings with { BlockList = [] });
        Assert.NotEqual(0, await CallAsync(address, content.Metainfo.WireHash));
    }

    /// <summary>Sends a handshake and returns the number of bytes in the first answer; 0 if there is none.</summary>
    internal static async Task<int> CallAsync(IPEndPoint address, InfoHash torrent)
    {
        byte[] handshake = new byte[Handshake.Length];
        new Handshake(PeerFeatures.Fast, torrent, new PeerId("-XX0000-zzzzzzzzzzzz"u8)).Write(handshake);
        using var limit = new CancellationTokenSource(s_limit);
        using var peer = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await peer.ConnectAsync(address, limit.Token);
        try
        {
            await peer.SendAsync(handshake, limit.Token);
            return await peer.ReceiveAsync(new byte[Handshake.Length], limit.Token);
        }
        catch (SocketException)
        {
            return 0;
        }
    }
}
