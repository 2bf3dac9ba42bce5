using TorrentPS.Engine.Dht;

namespace TorrentPS.Engine.Tests.Dht;

public sealed class BootstrapNodesTests
{
    [Theory]
    [InlineData("router.bittorrent.com:6881", "router.bittorrent.com", 6881)]
    [InlineData("10.0.0.1:1", "10.0.0.1", 1)]
    [InlineData("[2001:db8::1]:65535", "2001:db8::1", 65535)]
    public void Host_and_port_are_parsed(string text, string host, int port)
    {
        Assert.True(BootstrapNodes.TryParse(text, out string readHost, out int readPort));
        Assert.Equal((host, port), (readHost, readPort));
    }

    [Theory]
    [InlineData("")]
    [InlineData("host")]
    [InlineData(":80")]
    [InlineData("host:0")]
    [InlineData("host:65536")]
    [InlineData("host:-1")]
    [InlineData("host:+1")]
    [InlineData("ho st:1")]
    public void Malformed_text_is_refused(string text) => Assert.False(BootstrapNodes.TryParse(text, out _, out _));

    [Fact]
    public void The_number_of_names_is_bounded_and_duplicates_are_refused()
    {
        var names = new BootstrapNodes((_, _) => throw new InvalidOperationException(), TimeProvider.System);

        int kept = Enumerable.Range(1, 1000).Count(port => names.TryAdd($"host:{port}"));

        Assert.Equal(BootstrapNodes.MaxNames, kept);
        Assert.False(names.TryAdd("host:1"));
    }
}
