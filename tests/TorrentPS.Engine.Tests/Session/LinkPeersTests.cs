using System.Net;
using TorrentPS.Engine.Session;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Engine.Tests.Session;

public sealed class LinkPeersTests
{
    private readonly List<IPEndPoint> _found = [];
    private readonly List<string> _resolved = [];

    [Fact]
    public async Task A_link_causes_a_bounded_number_of_queries_and_addresses()
    {
        await ResolveAsync(
            [.. Enumerable.Range(0, 500).Select(i => new HostEndPoint($"host{i}.example", 6881))],
            [.. Enumerable.Range(1, 100).Select(i => new IPAddress([20, 0, 0, (byte)i]))]);

        Assert.Equal(LinkPeers.MaxHosts, _resolved.Count);
        Assert.Equal(LinkPeers.MaxHosts * LinkPeers.MaxAddressesPerHost, _found.Count);
    }

    [Fact]
    public async Task A_host_name_does_not_lead_into_a_local_network()
    {
        await ResolveAsync(
            [new HostEndPoint("rebinding.example", 6881)],
            [IPAddress.Loopback, IPAddress.Parse("192.168.1.1"), IPAddress.Parse("100.64.0.1"), IPAddress.Parse("20.0.0.1")]);

        Assert.Equal([IPEndPoint.Parse("20.0.0.1:6881")], _found);
    }

    [Fact]
    public async Task An_ordinary_link_meets_no_limit()
    {
        await ResolveAsync(
            [new HostEndPoint("192.168.1.2", 6881), new HostEndPoint("2001:db8::1", 6881), new HostEndPoint("a.example", 1)],
            [IPAddress.Parse("20.0.0.1"), IPAddress.Parse("2001:db8::2")]);

        Assert.Equal(
            ["192.168.1.2:6881", "[2001:db8::1]:6881", "20.0.0.1:1", "[2001:db8::2]:1"],
            _found.Select(peer => peer.ToString()));
        Assert.Equal(["a.example"], _resolved);
    }

    private Task ResolveAsync(IReadOnlyList<HostEndPoint> peers, IPAddress[] addresses) => LinkPeers.ResolveAsync(
        new MagnetLink { Peers = peers },
        _found.AddRange,
        (host, _) =>
        {
            _resolved.Add(host);
            return Task.FromResult(addresses);
        },
        CancellationToken.None);
}
