namespace TorrentPS.Interop;

/// <summary>The programs in the examples folder.</summary>
public sealed class ExampleTests(Network network) : IClassFixture<Network>
{
    [SkippableFact]
    public async Task The_download_example_downloads_a_magnet_link()
    {
        Requirements.Require(RealClient.Libtorrent);
        using var environment = new TestEnvironment(network);
        TestTorrent torrent = await TestTorrent.CreateAsync(
            environment, TestContent.Of(Shape.ManyFiles), tracker: null);
        string folder = environment.NewFolder("download");
        await environment.SeedAsync(RealClient.Libtorrent, torrent);

        string seed = $"{Network.RemoteAddress(0)}:{OtherClients.PortOf(RealClient.Libtorrent)}";
        RunningProcess example = environment.StartLocal(
            "the download example", Path.Combine(AppContext.BaseDirectory, "Download"), torrent.Magnet(
                peer: seed), folder);
        await example.SucceedAsync(TimeSpan.FromSeconds(60));

        if (torrent.Content.DifferenceTo(folder, null) is { } difference)
            throw environment.Failure(difference);
    }
}
