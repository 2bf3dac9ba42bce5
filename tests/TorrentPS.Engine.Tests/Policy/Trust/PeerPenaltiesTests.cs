using System.Net;
using TorrentPS.Engine.Policy;
using TorrentPS.Engine.Policy.Trust;

namespace TorrentPS.Engine.Tests.Policy.Trust;

/// <summary>The penalties by which connections are refused.</summary>
public sealed class PeerPenaltiesTests
{
    private static PeerOrigin Origin(int number) => new(new IPEndPoint(0x0a000000L + number, 6881));

    private static TimeSpan Minutes(double minutes) => TimeSpan.FromMinutes(minutes);

    [Fact]
    public void A_few_useless_connections_are_tolerated_and_many_are_refused()
    {
        var penalties = new PeerPenalties();
        for (int i = 0; i < 4; i++)
            penalties.Add(Origin(1), PeerPenalties.UselessConnection, default);
        Assert.False(penalties.IsRefused(Origin(1), default));

        penalties.Add(Origin(1), PeerPenalties.UselessConnection, default);

        Assert.True(penalties.IsRefused(Origin(1), default));
        Assert.False(penalties.IsRefused(Origin(2), default));
    }

    [Fact]
    public void One_misbehaviour_expires_within_minutes_and_many_within_an_hour()
    {
        var penalties = new PeerPenalties();
        penalties.Add(Origin(1), PeerPenalties.Misbehaviour, default);
        Assert.True(penalties.IsRefused(Origin(1), Minutes(4)));
        Assert.False(penalties.IsRefused(Origin(1), Minutes(6)));

        for (int i = 0; i < 1000; i++)
            penalties.Add(Origin(1), PeerPenalties.Misbehaviour, Minutes(6));
        Assert.True(penalties.IsRefused(Origin(1), Minutes(6 + 55)));
        Assert.False(penalties.IsRefused(Origin(1), Minutes(6 + 61)));
    }

    [Fact]
    public void Beyond_the_capacity_the_oldest_origin_is_dropped()
    {
        var penalties = new PeerPenalties();
        for (int i = 0; i <= PeerPenalties.Capacity; i++)
            penalties.Add(Origin(i), PeerPenalties.Misbehaviour, default);

        Assert.False(penalties.IsRefused(Origin(0), default));
        Assert.True(penalties.IsRefused(Origin(1), default));
        Assert.True(penalties.IsRefused(Origin(PeerPenalties.Capacity), default));
    }
}
