using System.Net;
using TorrentPS.Engine.Policy.Connections;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Tests.Policy.Connections;

/// <summary>Peer exchange: messages to a peer, limits for its messages, and addresses that may be exchanged.</summary>
public sealed class PexTests
{
    private readonly PexDelta _delta = new();
    private readonly List<int> _added = [];
    private readonly List<IPEndPoint> _dropped = [];

    [Fact]
    public void The_first_message_contains_all_peers_in_order_and_no_other_follows_without_a_change()
    {
        Assert.True(Next(0, Peers(1, 2, 3)));
        Assert.Equal([0, 1, 2], _added);
        Assert.Empty(_dropped);

        Assert.False(Next(600, Peers(1, 2, 3)));
    }

    [Fact]
    public void Changes_wait_for_the_interval_and_cancel_each_other_out()
    {
        Next(0, Peers(1, 2));
        Assert.False(Next(59, Peers(2, 3, 4)));

        Assert.True(Next(60, Peers(2, 4)));

        Assert.Equal([1], _added);
        Assert.Equal(Peers(1), _dropped);
    }

    [Fact]
    public void The_first_peer_after_an_empty_start_is_sent_at_once()
    {
        Assert.False(Next(0, []));

        Assert.True(Next(1, Peers(1)));
    }

    [Fact]
    public void At_most_fifty_added_and_fifty_dropped_peers_are_sent_and_the_rest_a_minute_later()
    {
        IPEndPoint[] first = Peers([.. Enumerable.Range(0, 120)]);
        IPEndPoint[] second = Peers([.. Enumerable.Range(120, 120)]);
        var known = new HashSet<IPEndPoint>();
        int at = 0;
        for (; at < 3; at++)
            Follow(at, first);
        Assert.Equal(first.ToHashSet(), known);

        for (; at < 6; at++)
            Follow(at, second);
        Assert.Equal(second.ToHashSet(), known);

        void Follow(int minute, IPEndPoint[] current)
        {
            Assert.True(Next(60 * minute, current));
            Assert.InRange(_added.Count, 0, 50);
            Assert.InRange(_dropped.Count, 0, 50);
            known.ExceptWith(_dropped);
            known.UnionWith(_added.Select(i => current[i]));
        }
    }

    [Fact]
    public void One_message_a_minute_is_accepted_for_hours_and_a_stream_of_messages_is_a_flood()
    {
        var steady = new PexLimits();
        Assert.All(Enumerable.Range(0, 300), minute => Assert.True(steady.OnMessage(TimeSpan.FromMinutes(minute))));
        Assert.False(steady.IsFlood);

        var flood = new PexLimits();
        int accepted = Enumerable.Range(0, 30).Count(second => flood.OnMessage(TimeSpan.FromSeconds(second)));
        Assert.Equal(PexLimits.Burst, accepted);
        Assert.True(flood.IsFlood);
    }

    [Fact]
    public void The_messages_of_an_hour_in_which_nothing_was_read_are_all_accepted()
    {
        var paused = new PexLimits();
        paused.OnMessage(TimeSpan.Zero);
        for (int hour = 1; hour <= 10; hour++)
            Assert.All(Enumerable.Range(0, 60), _ => Assert.True(paused.OnMessage(TimeSpan.FromHours(hour))));

        Assert.False(paused.IsFlood);
    }

    [Fact]
    public void A_peer_that_sends_slightly_too_often_is_partly_ignored_but_is_no_flood()
    {
        var eager = new PexLimits();
        int accepted = Enumerable.Range(0, 200).Count(i => eager.OnMessage(TimeSpan.FromSeconds(30 * i)));

        Assert.InRange(accepted, 100, 130);
        Assert.False(eager.IsFlood);
    }

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.2", true)]
    [InlineData("127.0.0.1", "10.0.0.1", false)]
    [InlineData("10.0.0.1", "127.0.0.1", true)]
    [InlineData("10.0.0.1", "192.168.1.1", true)]
    [InlineData("10.0.0.1", "8.8.8.8", false)]
    [InlineData("172.16.0.1", "8.8.8.8", false)]
    [InlineData("172.32.0.1", "8.8.8.8", true)]
    [InlineData("8.8.8.8", "10.0.0.1", true)]
    [InlineData("8.8.8.8", "8.8.4.4", true)]
    [InlineData("::ffff:10.0.0.1", "8.8.8.8", false)]
    [InlineData("fe80::1", "fe80::2", false)]
    [InlineData("169.254.1.1", "127.0.0.1", false)]
    [InlineData("fd00::1", "fd00::2", true)]
    [InlineData("fd00::1", "2001:db8::1", false)]
    [InlineData("2001:db8::1", "fd00::1", true)]
    [InlineData("::1", "2001:db8::1", false)]
    [InlineData("100.64.0.1", "8.8.8.8", false)]
    [InlineData("100.64.0.1", "10.0.0.1", true)]
    [InlineData("10.0.0.1", "100.64.0.1", false)]
    [InlineData("224.0.0.1", "127.0.0.1", false)]
    [InlineData("0.0.0.0", "127.0.0.1", false)]
    public void An_address_is_exchanged_only_where_it_is_valid(string address, string peer, bool passes) =>
        Assert.Equal(passes, AddressScopes.CanPass(IPAddress.Parse(address), IPAddress.Parse(peer)));

    private bool Next(double seconds, IPEndPoint[] current) =>
        _delta.TryNext(TimeSpan.FromSeconds(seconds), current, _added, _dropped);

    private static IPEndPoint[] Peers(params int[] hosts) =>
        [.. hosts.Select(host => new IPEndPoint(new IPAddress([10, 0, 1, (byte)host]), 6881))];
}
