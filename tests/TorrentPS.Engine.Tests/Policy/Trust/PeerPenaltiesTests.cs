using System.Net;
using TorrentPS.Engine.Policy;
using TorrentPS.Engine.Policy.Trust;

namespace TorrentPS.Engine.Tests.Policy.Trust;

/// <summary>Who has to wait before it may connect again.</summary>
public sealed class PeerPenaltiesTests
{
    private static PeerOrigin Origin(int number) => new(new IPEndPoint(0x0a000000L + number, 6881));

    private static TimeSpan Minutes(double minutes) => TimeSpan.FromMinutes(minutes);

    [Fact]
    public void A_few_visits_are_nobodys_fault_and_many_are()
    {
        var nuisances = new PeerPenalties();
        for (int i = 0; i < 4; i++)
            nuisances.Add(Origin(1), PeerPenalties.UselessConnection, default);
        Assert.False(nuisances.MustWait(Origin(1), default));

        nuisances.Add(Origin(1), PeerPenalties.UselessConnection, default);

        Assert.True(nuisances.MustWait(Origin(1), default));
        Assert.False(nuisances.MustWait(Origin(2), default));
    }

    [Fact]
    public void An_offence_is_forgiven_within_minutes_and_many_within_the_hour()
    {
        var nuisances = new PeerPenalties();
        nuisances.Add(Origin(1), PeerPenalties.Misbehaviour, default);
        Assert.True(nuisances.MustWait(Origin(1), Minutes(4)));
        Assert.False(nuisances.MustWait(Origin(1), Minutes(6)));

        for (int i = 0; i < 1000; i++)
            nuisances.Add(Origin(1), PeerPenalties.Misbehaviour, Minutes(6));
        Assert.True(nuisances.MustWait(Origin(1), Minutes(6 + 55)));
        Assert.False(nuisances.MustWait(Origin(1), Minutes(6 + 61)));
    }

    [Fact]
    public void Of_many_addresses_the_oldest_is_forgotten_first()
    {
        var nuisances = new PeerPenalties();
        for (int i = 0; i <= PeerPenalties.Capacity; i++)
            nuisances.Add(Origin(i), PeerPenalties.Misbehaviour, default);

        Assert.False(nuisances.MustWait(Origin(0), default));
        Assert.True(nuisances.MustWait(Origin(1), default));
        Assert.True(nuisances.MustWait(Origin(PeerPenalties.Capacity), default));
    }
}
