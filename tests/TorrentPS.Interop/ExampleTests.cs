namespace TorrentPS.Interop;

/// <summary>The programs in the examples folder, run as a reader of the documentation would run them.</summary>
public sealed class ExampleTests(Network network) : IClassFixture<Network>
{
    [SkippableFact]
    public async Task The_download_example_downloads_a_magnet_link()
    {
        Requirements.Demand(RealClient.Libtorrent);
        using var stage = new Stage(network);
        TestTorrent torrent = await TestTorrent.CreateAsync(stage, TestContent.Of(Shape.ManyFiles), tracker: null);
        string folder = stage.NewFolder("download");
        await stage.SeedAsync(RealClient.Libtorrent, torrent);

        string seed = $"{Network.PeerAddress(0)}:{OtherClients.PortOf(RealClient.Libtorrent)}";
        RunningProcess example = stage.StartHere(
            "the download example", Path.Combine(AppContext.BaseDirectory, "Download"), torrent.Magnet(peer: seed), folder);
        await example.SucceedAsync(TimeSpan.FromSeconds(60));

        if (torrent.Content.DifferenceTo(folder, null) is { } difference)
            throw stage.Failure(difference);
    }
}
