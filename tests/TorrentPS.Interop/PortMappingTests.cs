namespace TorrentPS.Interop;

/// <summary>Ports mapped at a real router (miniupnpd with nftables), and a hostile router.</summary>
public sealed class PortMappingTests(Network network) : IClassFixture<Network>
{
    private const int Port = 7031;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(90);

    [SkippableTheory]
    [InlineData("PCP")]
    [InlineData("NAT-PMP")]
    [InlineData("UPnP")]
    public async Task A_seed_behind_a_router_is_reached_through_mapped_ports_until_it_ends(string protocol)
    {
        Require();
        using var environment = new TestEnvironment(network);
        using var networks = new RouterNetwork(environment.Folder);
        if (protocol == "NAT-PMP")
            networks.AddInputRule("udp dport 5351 @th,64,8 2 drop");
        if (protocol == "UPnP")
            networks.AddInputRule("udp dport 5351 reject");
        RunningProcess router = await StartRouterAsync(environment, networks);
        string torrent = await CreateAsync(environment, networks);

        RunningProcess seed = Seed(environment, networks, torrent);
        await MappedAsync(seed, protocol, "TCP");
        await MappedAsync(seed, protocol, "UDP");
        Assert.Equal(2, networks.Mappings.Count);
        Assert.All(networks.Mappings, mapping => Assert.EndsWith(
            $"th dport {Port} dnat ip to {RouterNetwork.MachineAddress}:{Port}", mapping, StringComparison.Ordinal));
        await DownloadFromOutsideAsync(environment, networks, torrent);

        if (protocol == "PCP")
            await RenewedAsync(router, networks);

        await seed.StopAsync("INT", s_limit);
        Assert.Empty(networks.Mappings);
    }

    [SkippableTheory]
    [InlineData("huge")]
    [InlineData("slow")]
    [InlineData("redirect")]
    [InlineData("elsewhere")]
    public async Task A_hostile_router_ends_in_a_failure_with_its_reason(string behaviour)
    {
        Require();
        using var environment = new TestEnvironment(network);
        using var networks = new RouterNetwork(environment.Folder);
        RunningProcess router = environment.StartIn(
            networks.Router,
            "hostile gateway",
            "/usr/bin/python3",
            TestEnvironment.Script("hostile_gateway.py"),
            RouterNetwork.RouterAddress,
            $"http://{RouterNetwork.OutsideAddress}:5001/",
            behaviour);
        await router.WaitForLineAsync("its start", line => line == "listening", s_limit);
        RunningProcess sniffer = await SniffAsync(environment, networks.Outside, RouterNetwork.Cable);
        string torrent = await CreateAsync(environment, networks);

        RunningProcess seed = Seed(environment, networks, torrent, "--no-dht");
        await router.WaitForLineAsync("the request", line => line == "requested", s_limit);
        await seed.WaitForLineAsync(
            "the failure",
            line => line.Contains("PortMappingFailed", StringComparison.Ordinal)
                && line.Contains("The gateway's device description is not valid.", StringComparison.Ordinal),
            s_limit);

        Assert.DoesNotContain("tcp 5001", sniffer.Lines);
        Assert.True(PeakMemory(seed) < 300 << 20);
        await seed.StopAsync("INT", s_limit);
    }

    [SkippableTheory]
    [InlineData("--no-port-mapping")]
    [InlineData("--bind", "127.0.0.1")]
    public async Task Nothing_is_sent_to_the_router_when_ports_are_not_mapped(params string[] options)
    {
        Require();
        using var environment = new TestEnvironment(network);
        using var networks = new RouterNetwork(environment.Folder);
        string torrent = await CreateAsync(environment, networks);
        RunningProcess first = await SniffAsync(environment, networks.Router, "lan");
        RunningProcess mapping = Seed(environment, networks, torrent, "--no-dht");
        await first.WaitForLineAsync("a request", line => line == "udp 5351", s_limit);
        await mapping.StopAsync("INT", s_limit);
        first.Kill();

        RunningProcess sniffer = await SniffAsync(environment, networks.Router, "lan");
        RunningProcess seed = Seed(environment, networks, torrent, ["--no-dht", .. options]);
        await seed.WaitForLineAsync(
            "the check", line => line.Contains("\"Seeding\"", StringComparison.Ordinal), s_limit);
        await seed.StopAsync("INT", s_limit);
        Assert.DoesNotContain(sniffer.Lines, line => line is "udp 5351" or "udp 1900");
    }

    private static void Require()
    {
        Requirements.Require("miniupnpd");
        Requirements.Require("nft");
    }

    private static async Task<RunningProcess> StartRouterAsync(TestEnvironment environment, RouterNetwork networks)
    {
        string file = Path.Combine(environment.Folder, "miniupnpd.conf");

        // Mappings by PCP last 20 seconds, so that renewals are seen.
        await File.WriteAllTextAsync(file, """
            ext_ifname=wan
            listening_ip=lan
            enable_natpmp=yes
            enable_upnp=yes
            http_port=0
            ipv6_disable=yes
            upnp_table_name=filter
            upnp_nat_table_name=filter
            upnp_forward_chain=miniupnpd
            upnp_nat_chain=prerouting_miniupnpd
            upnp_nat_postrouting_chain=postrouting_miniupnpd
            min_lifetime=5
            max_lifetime=20
            secure_mode=yes
            uuid=6a1e4f2a-6d44-4a0a-9a55-0a0a0a0a0a0a
            allow 1024-65535 10.80.0.0/24 1024-65535
            deny 0-65535 0.0.0.0/0 0-65535
            """ + "\n");
        RunningProcess router = environment.StartIn(
            networks.Router,
            "miniupnpd",
            "miniupnpd",
            ["-d", "-f", file, "-P", Path.Combine(environment.Folder, "miniupnpd.pid")]);
        await router.WaitForLineAsync(
            "its start", line => line.Contains("Listening for NAT-PMP/PCP traffic", StringComparison.Ordinal), s_limit);
        return router;
    }

    private static async Task<string> CreateAsync(TestEnvironment environment, RouterNetwork networks)
    {
        string torrent = Path.Combine(environment.Folder, "mapped.torrent");
        RunningProcess create = environment.StartIn(
            networks.Machine,
            "torrentps create",
            TorrentPsTool.Executable,
            "create", TestContent.Of(Shape.SmallPieces).Root, "--output", torrent);
        await create.SucceedAsync(s_limit);
        return torrent;
    }

    private static RunningProcess Seed(
        TestEnvironment environment, RouterNetwork networks, string torrent, params IEnumerable<string> options) =>
        environment.StartIn(
            networks.Machine,
            "torrentps seed",
            TorrentPsTool.Executable,
            [
                "seed", torrent, "--data", TestContent.Of(Shape.SmallPieces).Folder, "--port", $"{Port}",
                "--json", "--log", "-", "--no-lsd", .. options,
            ]);

    private static Task<string> MappedAsync(RunningProcess seed, string protocol, string transport) => seed.WaitForLineAsync(
        $"the {transport} port",
        line => line.Contains(
            $"Gateway {RouterNetwork.RouterAddress} forwards its {transport} port {Port} to port {Port} ({protocol}).",
            StringComparison.Ordinal),
        s_limit);

    private static async Task DownloadFromOutsideAsync(
        TestEnvironment environment, RouterNetwork networks, string torrent)
    {
        RunningProcess download = environment.StartIn(
            networks.Outside,
            "torrentps download",
            TorrentPsTool.Executable,
            "download", torrent, "--destination", environment.NewFolder("outside"), "--json", "--no-dht", "--no-lsd",
            "--peer", $"{RouterNetwork.ExternalAddress}:{Port}");
        await download.SucceedAsync(s_limit);
    }

    /// <summary>
    /// Waits until the router has got three requests for the TCP port: the mapping would have ended before the third.
    /// </summary>
    private static async Task RenewedAsync(RunningProcess router, RouterNetwork networks)
    {
        int requests = 0;
        await router.WaitForLineAsync(
            "two renewals",
            line => line.Contains("PCP MAP: added mapping TCP", StringComparison.Ordinal) && ++requests == 3,
            s_limit);
        Assert.Contains(networks.Mappings, mapping => mapping.Contains("@nh,72,8 0x6 ", StringComparison.Ordinal));
    }

    private static async Task<RunningProcess> SniffAsync(TestEnvironment environment, string space, string device)
    {
        RunningProcess sniffer = environment.StartIn(
            space, "sniffer", "/usr/bin/python3", TestEnvironment.Script("sniffer.py"), device);
        await sniffer.WaitForLineAsync("its start", line => line == "listening", s_limit);
        return sniffer;
    }

    /// <summary>Returns the highest amount of memory in bytes that a process has used.</summary>
    private static long PeakMemory(RunningProcess process)
    {
        string line = File.ReadLines($"/proc/{process.Id}/status").First(
            one => one.StartsWith("VmHWM:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ')[^2], System.Globalization.CultureInfo.InvariantCulture) * 1024;
    }
}
