namespace TorrentPS.Interop;

/// <summary>
/// torrentps as the peer that sends a leech the address of its only seed (BEP 11). The seed sends no peers, and
/// torrentps uploads nothing, so the leech downloads everything from the seed.
/// </summary>
public sealed class IntroducerTests(Network network) : IClassFixture<Network>
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(90);

    [SkippableTheory]
    [InlineData(RealClient.Libtorrent)]
    [InlineData(RealClient.Transmission)]
    [InlineData(RealClient.Aria2)]
    public async Task A_leech_learns_the_address_of_its_seed_from_torrentps(RealClient client)
    {
        Requirements.Require(RealClient.Libtorrent, client);
        using var environment = new TestEnvironment(network);
        TestTorrent torrent = await TestTorrent.CreateAsync(
            environment, TestContent.Of(Shape.ManyFiles), tracker: null);
        string folder = environment.NewFolder("download");
        await environment.SeedAsync(RealClient.Libtorrent, torrent, number: 1);

        // The download limit keeps torrentps from completing the content: seeds disconnect from each other.
        Task leech = environment.LeechAsync(
            client, torrent.Magnet(peer: TestEnvironment.Introducer), folder, s_limit, PeerSourceKind.Pex);
        RunningProcess introducer = TorrentPsTool.Introduce(
            environment,
            torrent,
            $"{Network.RemoteAddress(1)}:{OtherClients.PortOf(RealClient.Libtorrent)}",
            $"{Network.RemoteAddress(0)}:{OtherClients.PortOf(client)}");
        await leech;

        if (torrent.Content.DifferenceTo(folder, client) is { } difference)
            throw environment.Failure(difference);
        await introducer.StopAsync("TERM", TimeSpan.FromSeconds(20));
        Assert.True(introducer.ResultNumber("Completed") < introducer.ResultNumber("Size"));
        Assert.Equal(0, introducer.ResultNumber("Uploaded"));
    }
}
