namespace TorrentPS.Interop;

/// <summary>
/// Local discovery over IPv6 only, with libtorrent. Neither peer has another address or peer source. (Transmission 3.00
/// and aria2 1.36 support local discovery over IPv4 only.)
/// </summary>
public sealed class LocalIPv6Tests(Network network) : IClassFixture<Network>
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [SkippableTheory]
    [InlineData(Direction.Download)]
    [InlineData(Direction.Seed)]
    public async Task The_peer_that_started_first_receives_the_announce_of_the_other(Direction direction)
    {
        Requirements.Require(RealClient.Libtorrent);
        using var environment = new TestEnvironment(network);
        network.EnsureIPv6();
        TestTorrent torrent = await TestTorrent.CreateAsync(
            environment, TestContent.Of(Shape.ManyFiles), tracker: null);
        string folder = environment.NewFolder("download");

        RunningProcess leech = direction == Direction.Seed
            ? OtherClients.Libtorrent(
                environment, "leech", torrent.Magnet(), folder, Network.RemoteIPv6Address, PeerSourceKind.Lsd)
            : TorrentPsTool.DownloadAt(
                environment,
                Network.LocalIPv6Address,
                torrent.Magnet(),
                folder,
                TorrentPsTool.Only(PeerSourceKind.Lsd));
        await leech.WaitForLineAsync("its start", line => line == "started" || line.StartsWith('{'), s_limit);
        if (direction == Direction.Seed)
            TorrentPsTool.Seed(
                environment, torrent, torrent.Content.Folder, PeerSourceKind.Lsd, Network.LocalIPv6Address);
        else
            OtherClients.Libtorrent(
                environment,
                "seed",
                torrent.Path,
                torrent.Content.Folder,
                Network.RemoteIPv6Address,
                PeerSourceKind.Lsd);
        await leech.SucceedAsync(s_limit);

        if (
            torrent.Content.DifferenceTo(
                folder, direction == Direction.Seed ? RealClient.Libtorrent : null) is { } difference)
            throw environment.Failure(difference);
    }
}
