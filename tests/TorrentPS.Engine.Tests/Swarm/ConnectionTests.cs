using System.Net;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Swarm;

/// <summary>Dialing, accepting and refusing connections.</summary>
public sealed class ConnectionTests
{
    [Fact]
    public void An_address_of_this_client_is_never_dialed_again()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        Found(swarm, 1, 2);
        swarm.Handle(new DialFailed(SwarmFixture.At(1), IsSelf: true));
        FakePeer self = swarm.Connect(2, incoming: false, id: SwarmFixture.Self);
        Assert.Equal(DisconnectReason.SelfConnection, self.ClosedFor);

        Found(swarm, 1, 2);
        swarm.Pass(60 * 30);

        Assert.Equal(2, swarm.Dialed.Count);
        Assert.Equal(0, swarm.Status.Peers);
    }

    [Fact]
    public void A_connection_from_this_client_is_refused()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();

        Assert.Equal(DisconnectReason.SelfConnection, swarm.Connect(1, id: SwarmFixture.Self).ClosedFor);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void Of_two_connections_between_the_same_peers_both_sides_keep_the_same(
        bool aSeesOwnFirst, bool bSeesOwnFirst)
    {
        PeerId a = SwarmFixture.IdOf(1), b = SwarmFixture.IdOf(2);

        bool aKeepsItsOwn = KeepsItsOwn(a, b, aSeesOwnFirst);
        bool bKeepsItsOwn = KeepsItsOwn(b, a, bSeesOwnFirst);

        Assert.NotEqual(aKeepsItsOwn, bKeepsItsOwn);
    }

    [Fact]
    public void A_second_connection_in_the_same_direction_is_refused()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        FakePeer first = swarm.Connect(1);

        Assert.Equal(DisconnectReason.Duplicate, swarm.Connect(
            2, at: SwarmFixture.At(1, 7777), id: SwarmFixture.IdOf(1)).ClosedFor);
        Assert.Null(first.ClosedFor);
    }

    [Fact]
    public void A_peer_whose_connection_has_failed_unnoticed_replaces_it_from_the_same_address()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        FakePeer silent = swarm.Connect(1);
        swarm.Pass(4);
        Assert.Equal(
            DisconnectReason.Duplicate, swarm.Connect(2, at: SwarmFixture.At(1, 7777), id: SwarmFixture.IdOf(1)).ClosedFor);
        swarm.Pass(2);

        FakePeer elsewhere = swarm.Connect(2, at: SwarmFixture.At(9, 7777), id: SwarmFixture.IdOf(1));
        FakePeer again = swarm.Connect(2, at: SwarmFixture.At(1, 7778), id: SwarmFixture.IdOf(1));

        Assert.Equal(DisconnectReason.Duplicate, elsewhere.ClosedFor);
        Assert.Null(again.ClosedFor);
        Assert.Equal(DisconnectReason.Duplicate, silent.ClosedFor);
    }

    [Fact]
    public void When_the_interface_was_replaced_the_connections_are_opened_again_at_once()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        Found(swarm, 1);
        FakePeer dialed = swarm.Connect(1, incoming: false);
        FakePeer incoming = swarm.Connect(2);

        swarm.Handle(new NetworkReturned("wg0"));
        dialed.Leave(null, DisconnectReason.NetworkChanged);

        Assert.Equal(
            (DisconnectReason.NetworkChanged, DisconnectReason.NetworkChanged), (dialed.ClosedFor, incoming.ClosedFor));
        Assert.Equal([SwarmFixture.At(1), SwarmFixture.At(1)], swarm.Dialed);
        Assert.Equal(
            ["'wg0' was replaced. All connections are opened again."],
            swarm.Reported.Where(entry => entry.Kind == SessionEventKind.NetworkReturned).Select(entry => entry.Message));
    }

    [Fact]
    public void A_lost_and_a_returned_interface_are_reported_once()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        var lost = new NetworkLost(new TorrentFault(TorrentFaultId.InterfaceUnavailable, "wg0", "'wg0' is gone."));

        swarm.Handle(lost);
        swarm.Handle(lost);
        swarm.Handle(new NetworkReturned("wg0"));

        Assert.Equal(
            [
                (SessionEventKind.NetworkLost, "'wg0' is gone."),
                (SessionEventKind.NetworkReturned, "'wg0' is available again."),
            ],
            swarm.Reported.Where(entry => entry.Kind is SessionEventKind.NetworkLost or SessionEventKind.NetworkReturned)
                .Select(entry => (entry.Kind, entry.Message)));
    }

    [Fact]
    public void A_peer_that_reconnects_before_its_old_connection_has_closed_is_accepted()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        swarm.Connect(1).Have(99);

        Assert.Null(swarm.Connect(2, at: SwarmFixture.At(1, 7777), id: SwarmFixture.IdOf(1)).ClosedFor);
    }

    [Fact]
    public void An_address_of_a_peer_that_is_connected_otherwise_is_tried_ever_more_rarely()
    {
        using SwarmFixture swarm = new SwarmFixture(with: s => s with { PeerId = SwarmFixture.IdOf(200) }).Start();
        swarm.Connect(1, id: SwarmFixture.IdOf(1));
        Found(swarm, 9);

        int answered = 0;
        for (int i = 0; i < 600; i++)
        {
            swarm.Pass(1);
            swarm.Connect(1, id: SwarmFixture.IdOf(1));
            while (answered < swarm.Dialed.Count)
            {
                answered++;
                FakePeer duplicate = swarm.Connect(9, incoming: false, id: SwarmFixture.IdOf(1));
                Assert.Equal(DisconnectReason.Duplicate, duplicate.ClosedFor);
            }
        }

        Assert.InRange(answered, 2, 8);
    }

    [Fact]
    public void No_more_peers_connect_than_may()
    {
        using SwarmFixture swarm = new SwarmFixture(
            with: s => s with { Torrent = s.Torrent with { MaxPeers = 3 } }).Start();
        for (int i = 1; i <= 3; i++)
            Assert.Null(swarm.Connect(i).ClosedFor);

        Assert.Equal(DisconnectReason.TooMany, swarm.Connect(4).ClosedFor);
        Found(swarm, 5);
        Assert.Empty(swarm.Dialed);
    }

    [Fact]
    public void Calls_under_way_count_among_the_peers_that_may_connect()
    {
        using SwarmFixture swarm = new SwarmFixture(
            with: s => s with { Torrent = s.Torrent with { MaxPeers = 3 } }).Start();
        swarm.Connect(9);

        Found(swarm, 1, 2, 3, 4);

        Assert.Equal(2, swarm.Dialed.Count);
    }

    [Fact]
    public void When_the_session_has_no_room_for_a_call_it_is_made_later()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        swarm.HalfOpenRoom = 2;
        Found(swarm, 1, 2, 3, 4);
        Assert.Equal(2, swarm.Dialed.Count);

        swarm.HalfOpenRoom = 10;
        swarm.Pass(0.25);

        Assert.Equal(4, swarm.Dialed.Distinct().Count());
    }

    [Fact]
    public void An_address_that_fails_is_tried_ever_more_rarely_and_then_forgotten()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        Found(swarm, 1);
        var times = new List<int>();
        int seen = 0;
        for (int second = 0; second < 7200; second++)
        {
            while (seen < swarm.Dialed.Count)
            {
                seen++;
                times.Add(second);
                swarm.Handle(new DialFailed(SwarmFixture.At(1), IsSelf: false));
            }

            swarm.Pass(1);
        }

        Assert.Equal(7, times.Count);
        int[] gaps = [.. times.Zip(times.Skip(1), (earlier, later) => later - earlier)];
        Assert.True(gaps[0] >= 3);
        Assert.All(gaps.Zip(gaps.Skip(1)), pair => Assert.True(pair.Second > pair.First));
        Assert.Equal(0, swarm.Status.KnownPeers);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_next_dial_knows_whether_the_last_connection_was_encrypted_until_a_dial_fails(bool encrypted)
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        Found(swarm, 1);
        FakePeer peer = swarm.Connect(1, incoming: false, encrypted: encrypted);
        Assert.Equal(encrypted, swarm.StatusOf(peer).IsEncrypted);
        peer.Leave();
        swarm.Pass(600);
        swarm.Handle(new DialFailed(SwarmFixture.At(1), IsSelf: false));
        swarm.Pass(600);

        Assert.Equal([null, encrypted, null], swarm.DialedEncrypted.Take(3));
    }

    [Fact]
    public void A_peer_that_prefers_encryption_according_to_peer_exchange_is_first_dialed_encrypted()
    {
        var candidates = new PeerCandidates(new Random(1));
        candidates.Add(SwarmFixture.At(1), PeerSource.Pex);
        Assert.Null(candidates.IsEncrypted(SwarmFixture.At(1)));
        candidates.SetFlags(SwarmFixture.At(1), PexFlags.PrefersEncryption);
        Assert.True(candidates.IsEncrypted(SwarmFixture.At(1)));
        candidates.MarkConnected(SwarmFixture.At(1), isEncrypted: false);
        Assert.False(candidates.IsEncrypted(SwarmFixture.At(1)));
    }

    [Fact]
    public void An_address_that_failed_is_tried_at_once_when_the_user_names_it()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        Found(swarm, 1);
        swarm.Handle(new DialFailed(SwarmFixture.At(1), IsSelf: false));
        Found(swarm, 1);
        Assert.Single(swarm.Dialed);

        swarm.Handle(new PeersFound([SwarmFixture.At(1)], PeerSource.Manual));

        Assert.Equal(2, swarm.Dialed.Count);
    }

    [Fact]
    public void An_address_the_user_named_is_never_forgotten()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        swarm.Handle(new PeersFound([SwarmFixture.At(1)], PeerSource.Manual));
        int seen = 0;
        for (int second = 0; second < 7200; second++)
        {
            for (; seen < swarm.Dialed.Count; seen++)
                swarm.Handle(new DialFailed(SwarmFixture.At(1), IsSelf: false));
            swarm.Pass(1);
        }

        Assert.InRange(seen, 10, 40);
    }

    [Fact]
    public void A_useful_peer_whose_connection_broke_is_dialed_again_within_seconds()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        Found(swarm, 1);
        FakePeer peer = swarm.Connect(1, incoming: false).Serving();
        Assert.Equal(PeerSource.Tracker, swarm.StatusOf(peer).Source);
        peer.Give(peer.Asked[0]);
        peer.Leave();

        swarm.Pass(10);

        Assert.Equal(2, swarm.Dialed.Count);
    }

    [Fact]
    public void No_address_is_dialed_before_the_check_or_while_paused()
    {
        using SwarmFixture swarm = new();
        swarm.Begin();
        Found(swarm, 1);
        swarm.Pass(10);
        Assert.Empty(swarm.Dialed);
        swarm.Checked();
        Assert.Single(swarm.Dialed);
        swarm.Handle(new PauseRequested());
        swarm.Handle(new DialFailed(SwarmFixture.At(1), IsSelf: false));
        Found(swarm, 2);
        swarm.Pass(100);
        Assert.Single(swarm.Dialed);

        swarm.Handle(new ResumeRequested());

        Assert.Equal(3, swarm.Dialed.Count);
    }

    [Fact]
    public void A_liar_that_names_any_number_of_addresses_is_not_believed_without_end()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        swarm.HalfOpenRoom = 0;

        swarm.Handle(new PeersFound(
            [.. Enumerable.Range(0, 10_000).Select(i => new IPEndPoint((i << 8) + 20, 1024 + (i % 60_000)))], PeerSource.Tracker));

        Assert.InRange(swarm.Status.KnownPeers, 100, 5000);
    }

    [Fact]
    public void A_port_of_a_system_service_is_dialed_only_for_the_user()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();

        foreach (PeerSource source in Enum.GetValues<PeerSource>().Where(source => source != PeerSource.Manual))
            swarm.Handle(new PeersFound([SwarmFixture.At(1, 25)], source));

        Assert.Equal(0, swarm.Status.KnownPeers);
        Assert.Empty(swarm.Dialed);
        swarm.Handle(new PeersFound([SwarmFixture.At(1, 25)], PeerSource.Manual));
        Assert.Equal([SwarmFixture.At(1, 25)], swarm.Dialed);
    }

    [Fact]
    public void An_unreachable_peer_of_a_magnet_link_is_forgotten()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        swarm.Handle(new PeersFound([SwarmFixture.At(1)], PeerSource.Magnet));

        int seen = 0;
        for (int second = 0; second < 7200; second++)
        {
            for (; seen < swarm.Dialed.Count; seen++)
                swarm.Handle(new DialFailed(SwarmFixture.At(1), IsSelf: false));
            swarm.Pass(1);
        }

        Assert.InRange(seen, 2, 10);
        Assert.Equal(0, swarm.Status.KnownPeers);
    }

    [Fact]
    public void A_port_of_zero_is_no_address()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();

        swarm.Handle(new PeersFound([SwarmFixture.At(1, 0)], PeerSource.Tracker));

        Assert.Empty(swarm.Dialed);
    }

    [Fact]
    public void A_quiet_connection_is_kept_alive_and_a_dead_one_is_closed()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        FakePeer alive = swarm.Connect(1);
        FakePeer dead = swarm.Connect(2);

        for (int i = 0; i < 5; i++)
        {
            swarm.Pass(100);
            alive.Say(PeerMessageId.KeepAlive);
        }

        Assert.InRange(alive.Count(PeerMessageId.KeepAlive), 4, 5);
        Assert.Null(alive.ClosedFor);
        Assert.Equal(DisconnectReason.Idle, dead.ClosedFor);
    }

    [Fact]
    public void A_seed_does_not_call_seeds()
    {
        using SwarmFixture swarm = new SwarmFixture().Start(0, 1, 2, 3);
        Found(swarm, 1);
        FakePeer seed = swarm.Connect(1, incoming: false);
        seed.Say(PeerMessageId.HaveAll);
        seed.Leave();

        swarm.Pass(1000);

        Assert.Single(swarm.Dialed);
    }

    private static void Found(SwarmFixture swarm, params int[] hosts) =>
        swarm.Handle(new PeersFound([.. hosts.Select(host => SwarmFixture.At(host))], PeerSource.Tracker));

    private static bool KeepsItsOwn(PeerId self, PeerId other, bool ownFirst)
    {
        using SwarmFixture swarm = new SwarmFixture(with: s => s with { PeerId = self }).Start();
        FakePeer first = swarm.Connect(1, incoming: !ownFirst, id: other);
        FakePeer second = swarm.Connect(1, incoming: ownFirst, id: other, at: SwarmFixture.At(1, 7777));
        Assert.True(first.ClosedFor is null ^ second.ClosedFor is null);
        FakePeer kept = first.ClosedFor is null ? first : second;
        return kept == (ownFirst ? first : second);
    }
}
