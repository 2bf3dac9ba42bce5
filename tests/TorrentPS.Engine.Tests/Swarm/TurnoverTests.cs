using System.Net;
using TorrentPS.Engine.Policy.Addresses;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Swarm;

/// <summary>Replacing peers when the maximum number is connected.</summary>
public sealed class TurnoverTests
{
    private const int MaxPeers = 10;
    private static readonly IPAddress s_self = IPAddress.Parse("20.1.1.1");

    [Fact]
    public void The_lowest_priority_makes_room_for_a_higher_one_and_for_no_lower()
    {
        using SwarmFixture swarm = Full(out FakePeer[] peers);
        swarm.Pass(130);
        FakePeer lowest = peers.MinBy(Priority)!;
        int[] others = [.. Enumerable.Range(50, 100)];
        int lower = others.First(number => PriorityOf(number) < Priority(lowest));
        int higher = others.First(number => PriorityOf(number) > Priority(lowest));

        Assert.Equal(DisconnectReason.TooMany, Connect(swarm, lower).ClosedFor);
        Assert.Null(Connect(swarm, higher).ClosedFor);

        Assert.Equal(DisconnectReason.TooMany, lowest.ClosedFor);
        Assert.Single(peers, peer => peer.ClosedFor is not null);
    }

    [Fact]
    public void A_newcomer_has_a_minute_and_one_that_gives_keeps_its_place()
    {
        using SwarmFixture swarm = Full(out FakePeer[] peers);
        FakePeer lowest = peers.MinBy(Priority)!;
        int higher = Enumerable.Range(50, 100).First(number => PriorityOf(number) > peers.Max(Priority));
        Assert.Equal(DisconnectReason.TooMany, Connect(swarm, higher).ClosedFor);

        foreach (FakePeer peer in peers)
            peer.Serving();
        for (int i = 0; i < 130; i++)
        {
            foreach (FakePeer peer in peers.Where(peer => peer.Asked.Count > 0))
                peer.Give(peer.Asked[0]);
            swarm.Pass(1);
        }

        Assert.Equal(TorrentState.Downloading, swarm.State);
        Assert.Equal(DisconnectReason.TooMany, Connect(swarm, higher).ClosedFor);
        Assert.Null(lowest.ClosedFor);
    }

    [Fact]
    public void Two_that_want_nothing_of_each_other_make_room_for_anybody()
    {
        using SwarmFixture swarm = Full(out FakePeer[] peers, interested: false);
        swarm.Pass(70);

        int lower = Enumerable.Range(50, 150).MinBy(PriorityOf);
        Assert.Null(Connect(swarm, lower).ClosedFor);

        Assert.Single(peers, peer => peer.ClosedFor == DisconnectReason.TooMany);
    }

    [Fact]
    public void While_the_external_address_is_unknown_no_useful_peer_is_replaced()
    {
        using SwarmFixture swarm = Full(out FakePeer[] peers, tell: false);
        swarm.Pass(130);

        Assert.All(Enumerable.Range(
            50, 20), number => Assert.Equal(DisconnectReason.TooMany, Connect(swarm, number).ClosedFor));
        Assert.All(peers, peer => Assert.Null(peer.ClosedFor));
    }

    [Fact]
    public void Replacing_peers_ends_in_a_stable_set()
    {
        using SwarmFixture swarm = Full(out FakePeer[] peers);
        var connected = peers.ToDictionary(peer => (int)peer.EndPoint.Address.GetAddressBytes()[0]);
        int early = 0, late = 0;
        for (int minute = 0; minute < 120; minute++)
        {
            for (int number = 30; number < 110; number++)
            {
                if (connected.ContainsKey(number))
                    continue;
                FakePeer peer = Connect(swarm, number);
                if (peer.ClosedFor is null)
                {
                    connected[number] = peer;
                    _ = minute < 60 ? early++ : late++;
                }

                foreach ((int gone, FakePeer closed) in connected.Where(
                    pair => pair.Value.ClosedFor is not null).ToArray())
                {
                    closed.Leave();
                    connected.Remove(gone);
                }
            }

            foreach (FakePeer peer in connected.Values)
                peer.Say(PeerMessageId.KeepAlive);
            swarm.Pass(60);
        }

        Assert.InRange(early, 5, 100);
        Assert.Equal(0, late);
        Assert.Equal(MaxPeers, connected.Count);
        uint lowest = connected.Keys.Min(PriorityOf);
        Assert.All(Enumerable.Range(30, 80).Where(
            number => !connected.ContainsKey(number)), number => Assert.True(PriorityOf(number) <= lowest));
    }

    [Fact]
    public void When_full_a_better_address_is_tried_now_and_then_and_a_worse_one_never()
    {
        using SwarmFixture swarm = Full(out FakePeer[] peers);
        uint lowest = peers.Min(Priority);
        int[] all = [.. Enumerable.Range(50, 60)];
        swarm.Handle(new PeersFound([.. all.Select(At)], PeerSource.Tracker));

        for (int i = 0; i < 30; i++)
        {
            foreach (FakePeer peer in peers)
                peer.Say(PeerMessageId.KeepAlive);
            swarm.Pass(20);
        }

        // One call at a time, and the best first.
        Assert.Equal([At(all.MaxBy(PriorityOf))], swarm.Dialed);
        swarm.Handle(new DialFailed(swarm.Dialed[0], IsSelf: false));
        swarm.Pass(80);
        Assert.Equal(2, swarm.Dialed.Count);
        Assert.All(swarm.Dialed, address => Assert.True(CanonicalPriority.Of(new(s_self, 0), address) > lowest));
    }

    [Fact]
    public void With_room_the_address_of_the_highest_priority_is_called_first()
    {
        using SwarmFixture swarm = new SwarmFixture(
            with: s => s with { Torrent = s.Torrent with { MaxPeers = 4 } }).Start();
        for (int number = 200; number < 202; number++)
            Connect(swarm, number);
        swarm.HalfOpenRoom = 1;

        swarm.Handle(new PeersFound([.. Enumerable.Range(50, 60).Select(At)], PeerSource.Tracker));

        Assert.Equal([At(Enumerable.Range(50, 60).MaxBy(PriorityOf))], swarm.Dialed);
    }

    private static SwarmFixture Full(out FakePeer[] peers, bool tell = true, bool interested = true)
    {
        SwarmFixture swarm = new SwarmFixture(
            pieces: 2000, blocksPerPiece: 1, with: s => s with { Torrent = s.Torrent with { MaxPeers = MaxPeers } })
            .Start(0);
        peers = [.. Enumerable.Range(1, MaxPeers).Select(number => Connect(swarm, number, tell))];
        if (interested)
        {
            foreach (FakePeer peer in peers)
                WantEachOther(peer);
        }

        return swarm;
    }

    private static FakePeer Connect(SwarmFixture swarm, int number, bool tell = true)
    {
        FakePeer peer = swarm.Connect(number, at: At(number));
        if (tell && peer.ClosedFor is null)
            peer.Extended(new ExtensionHandshake { YourAddress = s_self });
        if (peer.ClosedFor is null && number >= 30)
            WantEachOther(peer);
        return peer;
    }

    private static void WantEachOther(FakePeer peer)
    {
        peer.SendBitfield(1);
        peer.Say(PeerMessageId.Interested);
    }

    private static IPEndPoint At(int number) => new(new IPAddress([(byte)number, 7, 1, 1]), 6881);

    private static uint PriorityOf(int number) => CanonicalPriority.Of(new(s_self, 0), At(number));

    private static uint Priority(FakePeer peer) => CanonicalPriority.Of(new(s_self, 0), peer.EndPoint);
}
