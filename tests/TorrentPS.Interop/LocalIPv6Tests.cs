namespace TorrentPS.Interop;

/// <summary>
/// Local discovery over IPv6 alone, with libtorrent: neither end has another address or another way. (Transmission 3.00 and aria2 1.36 do without
/// IPv6 there.)
/// </summary>
public sealed class LocalIPv6Tests(Network network) : IClassFixture<Network>
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [SkippableTheory]
    [InlineData(Direction.WeDownload)]
    [InlineData(Direction.WeSeed)]
    public async Task Who_was_there_first_hears_who_comes(Direction direction)
    {
        Requirements.Demand(RealClient.Libtorrent);
        using var stage = new Stage(network);
        network.RaiseIPv6();
        TestTorrent torrent = await TestTorrent.CreateAsync(stage, TestContent.Of(Shape.ManyFiles), tracker: null);
        string folder = stage.NewFolder("download");

        RunningProcess leech = direction == Direction.WeSeed
            ? OtherClients.Libtorrent(stage, "leech", torrent.Magnet(), folder, Network.PeerIPv6Address, Way.Lsd)
            : TorrentPsTool.DownloadAt(stage, Network.OurIPv6Address, torrent.Magnet(), folder, TorrentPsTool.Only(Way.Lsd));
        await leech.WaitForLineAsync("its start", line => line == "started" || line.StartsWith('{'), s_limit);
        if (direction == Direction.WeSeed)
            TorrentPsTool.Seed(stage, torrent, torrent.Content.Folder, Way.Lsd, Network.OurIPv6Address);
        else
            OtherClients.Libtorrent(stage, "seed", torrent.Path, torrent.Content.Folder, Network.PeerIPv6Address, Way.Lsd);
        await leech.SucceedAsync(s_limit);

        if (torrent.Content.DifferenceTo(folder, direction == Direction.WeSeed ? RealClient.Libtorrent : null) is { } difference)
            throw stage.Failure(difference);
    }
}
