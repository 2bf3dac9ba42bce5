namespace TorrentPS.Interop;

/// <summary>
/// A session that is bound to an interface or an address, on a machine whose default route leads elsewhere. A sniffer
/// behind the forbidden interface counts the packets of all sources: peers, trackers, web seeds, DHT, local discovery
/// and Redis.
/// </summary>
public sealed class BoundSessionTests(Network network) : IClassFixture<Network>
{
    private const int SeedPort = 7021;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    /// <summary>What an unbound session sends there; shows that each source would be noticed.</summary>
    private static readonly string[] s_everySource =
        ["tcp 4001", "tcp 4002", "udp 4003", "tcp 4004", "udp 4005", "tcp 4006", "udp 6771"];

    [SkippableTheory]
    [InlineData("--interface", TwoNetworks.AllowedInterface)]
    [InlineData("--bind", TwoNetworks.AllowedAddress)]
    public async Task A_bound_session_sends_nothing_over_another_interface(string option, string value)
    {
        Requirements.Require("ip");
        using var environment = new TestEnvironment(network);
        using var networks = new TwoNetworks();
        (RunningProcess sniffer, string torrent) = await StartAsync(environment, networks);

        RunningProcess download = Download(environment, networks, torrent, [option, value]);

        await download.SucceedAsync(s_limit);
        Assert.DoesNotContain(sniffer.Lines, line => line != "listening");
    }

    [SkippableFact]
    public async Task An_unbound_session_is_noticed_with_every_source()
    {
        Requirements.Require("ip");
        using var environment = new TestEnvironment(network);
        using var networks = new TwoNetworks();
        (RunningProcess sniffer, string torrent) = await StartAsync(environment, networks);

        Download(environment, networks, torrent, []);

        foreach (string source in s_everySource)
            await sniffer.WaitForLineAsync(source, line => line == source, s_limit);
    }

    [SkippableFact]
    public async Task A_download_pauses_while_its_interface_is_gone_and_then_continues()
    {
        Requirements.Require("ip");
        using var environment = new TestEnvironment(network);
        using var networks = new TwoNetworks();
        (RunningProcess sniffer, string torrent) = await StartAsync(environment, networks);
        RunningProcess download = Download(
            environment, networks, torrent, ["--interface", TwoNetworks.AllowedInterface]);
        await download.WaitForProgressAsync(1, s_limit);

        networks.DisconnectAllowed();
        await download.WaitForLineAsync(
            "the reason of the pause", line => line.Contains("\"InterfaceUnavailable\"", StringComparison.Ordinal), s_limit);
        networks.ConnectAllowed();

        // Shorter than the two minutes for which the seed would keep the old connection.
        await download.SucceedAsync(s_limit);
        Assert.DoesNotContain(sniffer.Lines, line => line != "listening");
    }

    /// <summary>Starts the sniffer, and a seed behind the allowed interface.</summary>
    private static async Task<(RunningProcess Sniffer, string Torrent)> StartAsync(
        TestEnvironment environment, TwoNetworks networks)
    {
        string torrent = Path.Combine(environment.Folder, "bound.torrent");
        TestContent content = TestContent.Of(Shape.SmallPieces);
        const string there = TwoNetworks.ForbiddenPeer;
        RunningProcess create = environment.StartIn(
            networks.Machine,
            "torrentps create",
            TorrentPsTool.Executable,
            [
                "create", content.Root, "--output", torrent,
                "--tracker", $"http://{there}:4002/announce",
                "--tracker", $"udp://{there}:4003/announce",
                "--tracker", $"http://[{TwoNetworks.ForbiddenPeerIPv6}]:4002/announce",
                "--tracker", $"udp://[{TwoNetworks.ForbiddenPeerIPv6}]:4003/announce",
                "--tracker", $"http://{TwoNetworks.Elsewhere}:4002/announce",
                "--web-seed", $"http://{there}:4004/",
            ]);
        await create.SucceedAsync(s_limit);
        RunningProcess sniffer = environment.StartIn(
            networks.ForbiddenMachine, "sniffer", "/usr/bin/python3", TestEnvironment.Script("sniffer.py"), "cable");
        await sniffer.WaitForLineAsync("its start", line => line == "listening", s_limit);
        RunningProcess seed = environment.StartIn(
            networks.AllowedMachine,
            "torrentps seed",
            TorrentPsTool.Executable,
            ["seed", torrent, "--data", content.Folder, "--port", $"{SeedPort}", "--json", "--no-dht", "--no-lsd"]);
        await seed.WaitForLineAsync(
            "the check", line => line.Contains("\"Seeding\"", StringComparison.Ordinal), s_limit);
        return (sniffer, torrent);
    }

    /// <summary>
    /// Starts a download that takes several seconds, so that every source is used before it ends.
    /// </summary>
    private static RunningProcess Download(
        TestEnvironment environment, TwoNetworks networks, string torrent, IEnumerable<string> options) =>
        environment.StartIn(
            networks.Machine,
            "torrentps download",
            TorrentPsTool.Executable,
            [
                "download", torrent, "--destination", environment.NewFolder("download"), "--json",
                "--download-limit", "600K",
                "--peer", $"{TwoNetworks.AllowedPeer}:{SeedPort}",
                "--peer", $"{TwoNetworks.ForbiddenPeer}:4001",
                "--peer", $"[{TwoNetworks.ForbiddenPeerIPv6}]:4001",
                "--peer", $"{TwoNetworks.Elsewhere}:4001",
                "--dht-bootstrap", $"{TwoNetworks.ForbiddenPeer}:4005",
                "--dht-bootstrap", $"[{TwoNetworks.ForbiddenPeerIPv6}]:4005",
                "--peer-cache", $"redis://{TwoNetworks.ForbiddenPeer}:4006/0",
                .. options,
            ]);
}
