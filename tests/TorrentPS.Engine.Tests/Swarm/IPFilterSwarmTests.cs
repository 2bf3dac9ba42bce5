using TorrentPS.Engine.Swarm.State;

namespace TorrentPS.Engine.Tests.Swarm;

public sealed class IPFilterSwarmTests : IDisposable
{
    private readonly string _list = Path.GetTempFileName();

    public void Dispose() => File.Delete(_list);

    [Fact]
    public void Peers_in_the_filter_are_disconnected_refused_and_not_dialed_until_the_filter_is_off()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        swarm.Handle(new PeersFound([SwarmFixture.At(1)], PeerSource.Tracker));
        FakePeer peer = swarm.Connect(1, incoming: false);
        FakePeer other = swarm.Connect(2);

        Apply(swarm, settings => settings with { IPFilter = Filter("10.0.0.1", "10.0.0.3 - 10.0.0.9") });
        Assert.Equal(DisconnectReason.Blocked, peer.ClosedFor);
        Assert.Null(other.ClosedFor);
        peer.Leave();
        Assert.Equal(DisconnectReason.Blocked, swarm.Connect(4).ClosedFor);
        swarm.Handle(new PeersFound([SwarmFixture.At(1), SwarmFixture.At(5)], PeerSource.Tracker));
        swarm.Pass(60 * 30);
        Assert.Equal([SwarmFixture.At(1)], swarm.Dialed);
        Assert.Equal([SwarmFixture.At(1).Address, SwarmFixture.At(5).Address], swarm.Filtered);

        Apply(swarm, settings => settings with { IPFilter = IPFilter.None });
        Assert.Equal([SwarmFixture.At(1), SwarmFixture.At(1)], swarm.Dialed);
    }

    [Fact]
    public void Ports_in_the_port_filter_are_not_dialed_but_their_peers_may_connect()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        Apply(swarm, settings => settings with { PortFilter = [new PortRange(1, 1023), new PortRange(6881, 6881)] });

        swarm.Handle(new PeersFound(
            [SwarmFixture.At(1, 25), SwarmFixture.At(2), SwarmFixture.At(3, 6882)], PeerSource.Tracker));
        Assert.Equal([SwarmFixture.At(3, 6882)], swarm.Dialed);
        Assert.Null(swarm.Connect(4, at: SwarmFixture.At(4, 25)).ClosedFor);
    }

    [Theory]
    [InlineData("25", 25, 25)]
    [InlineData("1-1023", 1, 1023)]
    [InlineData(" 0 - 65535 ", 0, 65535)]
    public void A_port_and_a_range_of_ports_are_read(string text, int first, int last)
    {
        Assert.True(PortRange.TryParse(text, out PortRange range));
        Assert.Equal(new PortRange(first, last), range);
        Assert.True(PortRange.TryParse(range.ToString(), out PortRange again));
        Assert.Equal(range, again);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("5-4")]
    [InlineData("65536")]
    [InlineData("1-2-3")]
    [InlineData("http")]
    public void Other_texts_are_no_port(string? text) => Assert.False(PortRange.TryParse(text, out _));

    private IPFilter Filter(params string[] lines)
    {
        File.WriteAllLines(_list, lines);
        return IPFilter.Load(_list);
    }

    private static void Apply(SwarmFixture swarm, Func<SessionSettings, SessionSettings> change)
    {
        swarm.SessionSettings = change(swarm.SessionSettings);
        var done = new TaskCompletionSource();
        swarm.Handle(new SettingsChanged(
            settings => settings with { Session = change(settings.Session) }, done));
        Assert.True(done.Task.IsCompletedSuccessfully);
    }
}
