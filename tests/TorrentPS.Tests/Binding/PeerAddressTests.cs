using System.Net;
using TorrentPS.Binding;

namespace TorrentPS.Tests.Binding;

public sealed class PeerAddressTests
{
    [Theory]
    [InlineData("192.0.2.7:6881", "192.0.2.7", 6881)]
    [InlineData("peer.example:1", "peer.example", 1)]
    [InlineData("[2001:db8::7]:65535", "2001:db8::7", 65535)]
    public void A_peer_is_a_host_and_a_port(string text, string host, int port) =>
        Assert.Equal(new PeerAddress(host, port), PeerAddress.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("192.0.2.7")]
    [InlineData(":6881")]
    [InlineData("192.0.2.7:")]
    [InlineData("192.0.2.7:0")]
    [InlineData("192.0.2.7:65536")]
    [InlineData("192.0.2.7:-1")]
    [InlineData("192.0.2.7: 80")]
    [InlineData("2001:db8::7:6881")]
    [InlineData("[peer.example]:6881")]
    public void Any_other_text_is_refused_with_an_example(string text)
    {
        var error = Assert.Throws<FormatException>(() => PeerAddress.Parse(text));
        Assert.Contains($"'{text}'", error.Message, StringComparison.Ordinal);
        Assert.Contains("host:port", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[::1]:7000", "::1")]
    [InlineData("[::ffff:192.0.2.7]:7000", "192.0.2.7")]
    public async Task An_IP_address_is_used_without_a_DNS_query(string text, string address)
    {
        IReadOnlyList<IPEndPoint> found = await PeerAddress.Parse(text).ResolveAsync(CancellationToken.None);
        Assert.Equal([new IPEndPoint(IPAddress.Parse(address), 7000)], found);
    }
}
