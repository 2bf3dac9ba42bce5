using System.Net;
using TorrentPS.Engine.Policy;
using TorrentPS.Engine.Session;
using TorrentPS.Engine.Snapshots;
using TorrentPS.Engine.Tests.Discovery;

namespace TorrentPS.Engine.Tests.Session;

/// <summary>Whole sessions that find one another without a tracker: through a third, in the local network, and from memory.</summary>
public sealed class DiscoveryTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Two_find_one_another_through_a_third()
    {
        using var content = new TestTorrent(32 * 1024, [], ("a.bin", 300_001));
        using var nothing = new TestTorrent(32 * 1024, [], ("a.bin", 300_001));
        await using TorrentSession seeds = new(content.LocalSession);
        await using TorrentSession thirds = new(nothing.LocalSession);
        await using TorrentSession leeches = new(content.LocalSession);
        seeds.Add(content.Metainfo, Seed(content));
        Torrent third = thirds.Add(content.Metainfo, new TorrentSettings { Destination = nothing.Destination, DownloadLimit = 1000 });
        third.AddPeers([At(seeds)]);

        Torrent download = leeches.Add(content.Metainfo, Download(content) with { Peers = [At(thirds)] });
        TorrentResult result = await download.Completion.WaitAsync(s_limit);

        Assert.True(result.GoalReached);
        content.AssertDownloaded();
    }

    [Fact]
    public async Task Two_find_one_another_in_the_local_network()
    {
        using var content = new TestTorrent(32 * 1024, [], ("a.bin", 300_001));
        await using TorrentSession seeds = new(content.LocalSession with { EnableLsd = true });
        await using TorrentSession leeches = new(content.LocalSession with { EnableLsd = true });
        seeds.Add(content.Metainfo, Seed(content));

        TorrentResult result = await leeches.Add(content.Metainfo, Download(content)).Completion.WaitAsync(s_limit);

        Assert.True(result.GoalReached);
    }

    [Fact]
    public async Task After_a_restart_the_peers_that_worked_are_called_without_tracker_or_any_other_help()
    {
        using var content = new TestTorrent(32 * 1024, [], ("a.bin", 300_001));
        SessionSettings remembering = content.LocalSession with { EnablePeerCache = true };
        await using TorrentSession seeds = new(content.LocalSession);
        seeds.Add(content.Metainfo, Seed(content));
        await using (TorrentSession first = new(remembering))
            await first.Add(content.Metainfo, Download(content) with { Peers = [At(seeds)] }).Completion.WaitAsync(s_limit);
        Directory.Delete(content.Destination, recursive: true);

        await using TorrentSession second = new(remembering);
        TorrentResult again = await second.Add(content.Metainfo, Download(content)).Completion.WaitAsync(s_limit);

        Assert.True(again.GoalReached);
        content.AssertDownloaded();
    }

    [Fact]
    public async Task A_private_torrent_is_told_to_no_network_and_leaves_nothing_behind_while_a_public_one_does_both()
    {
        using var open = new TestTorrent(32 * 1024, [], ("a.bin", 100_001));
        using var closed = new TestTorrent(32 * 1024, [], true, null, ("a.bin", 100_001));
        using var ear = new LsdEar(IPAddress.Loopback);
        using var bootstrap = new System.Net.Sockets.UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        await using TorrentSession seeds = new(open.LocalSession);
        seeds.Add(open.Metainfo, Seed(open));
        seeds.Add(closed.Metainfo, Seed(closed));
        SessionSettings all = open.LocalSession with
        {
            EnableLsd = true,
            EnablePeerCache = true,
            EnableDht = true,
            DhtBootstrap = [$"127.0.0.1:{((IPEndPoint)bootstrap.Client.LocalEndPoint!).Port}"],
        };
        await using (TorrentSession leeches = new(all))
        {
            await leeches.Add(closed.Metainfo, Download(closed) with { Peers = [At(seeds)] }).Completion.WaitAsync(s_limit);
            await leeches.Add(open.Metainfo, Download(open) with { Peers = [At(seeds)] }).Completion.WaitAsync(s_limit);
            Assert.DoesNotContain(closed.Metainfo.WireHash, await ear.HearAsync(open.Metainfo.WireHash).WaitAsync(s_limit));
        }

        // The DHT was asked for nodes by the session, and may have been told of the public torrent; never of the private one.
        while (bootstrap.Available > 0)
        {
            byte[] packet = (await bootstrap.ReceiveAsync()).Buffer;
            Assert.Equal(-1, packet.AsSpan().IndexOf(closed.Metainfo.WireHash.Span));
        }

        string[] remembered = [.. Directory.GetFiles(Path.Combine(open.State, "peers")).Select(Path.GetFileName).OfType<string>()];
        Assert.Equal([open.Metainfo.WireHash.ToString()], remembered);
    }

    private static IPEndPoint At(TorrentSession session) => new(IPAddress.Loopback, session.ListenPort!.Value);

    private static TorrentSettings Seed(TestTorrent content) => new() { Destination = content.Source, Role = TorrentRole.Seed, StopWhen = StopWhen.Never };

    private static TorrentSettings Download(TestTorrent content) => new() { Destination = content.Destination };
}
