namespace TorrentPS.Interop;

/// <summary>
/// torrentps as the third peer of an exchange (BEP 11): a leech whose only seed it can learn of from nobody else. The seed exchanges no peers, and
/// torrentps serves nobody, so that all the leech gets comes from the seed.
/// </summary>
public sealed class IntroducerTests(Network network) : IClassFixture<Network>
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(90);

    [SkippableTheory]
    [InlineData(RealClient.Libtorrent)]
    [InlineData(RealClient.Transmission)]
    [InlineData(RealClient.Aria2)]
    public async Task A_leech_learns_of_its_seed_through_us(RealClient client)
    {
        Requirements.Demand(RealClient.Libtorrent, client);
        using var stage = new Stage(network);
        TestTorrent torrent = await TestTorrent.CreateAsync(stage, TestContent.Of(Shape.ManyFiles), tracker: null);
        string folder = stage.NewFolder("download");
        await stage.SeedAsync(RealClient.Libtorrent, torrent, number: 1);

        // Too slow to have it all before the end: a seed would leave us then, and we a seed.
        Task leech = stage.LeechAsync(client, torrent.Magnet(peer: Stage.Introducer), folder, s_limit, Way.Pex);
        RunningProcess introducer = TorrentPsTool.Introduce(
            stage, torrent, $"{Network.PeerAddress(1)}:{OtherClients.PortOf(RealClient.Libtorrent)}", $"{Network.PeerAddress(0)}:{OtherClients.PortOf(client)}");
        await leech;

        if (torrent.Content.DifferenceTo(folder, client) is { } difference)
            throw stage.Failure(difference);
        await introducer.StopAsync("TERM", TimeSpan.FromSeconds(20));
        Assert.True(introducer.ResultNumber("Completed") < introducer.ResultNumber("Size"));
        Assert.Equal(0, introducer.ResultNumber("Uploaded"));
    }
}
