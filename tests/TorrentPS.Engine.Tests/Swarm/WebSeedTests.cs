using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Swarm.Handlers;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Swarm;

/// <summary>Web seeds (BEP 19) in the loop: which are used and when, and what sets them apart from peers.</summary>
public sealed class WebSeedTests
{
    [Fact]
    public void They_are_used_while_something_is_wanted_and_no_longer()
    {
        using SwarmFixture swarm = With(1);
        swarm.Begin();
        Assert.Empty(swarm.WebSeeds);
        swarm.Checked();
        FakePeer seed = Assert.Single(swarm.WebSeeds);
        Assert.True(seed.IsStarted);
        Serve(seed);
        seed.GiveAll();
        Assert.Equal(TorrentState.Seeding, swarm.State);
        Assert.Equal(DisconnectReason.Useless, seed.ClosedFor);
    }

    [Fact]
    public void A_complete_torrent_asks_no_web_seed()
    {
        using SwarmFixture swarm = With(1).Start(0, 1, 2, 3);
        swarm.Pass(1);
        Assert.Empty(swarm.WebSeeds);
    }

    [Fact]
    public void So_many_are_used_at_once_and_another_when_one_is_given_up()
    {
        using SwarmFixture swarm = With(WebSeedHandler.MaxInUse + 2).Start();
        Assert.Equal(WebSeedHandler.MaxInUse, swarm.WebSeeds.Count);
        swarm.WebSeeds[1].Leave();
        swarm.WebSeeds[0].Leave();
        Assert.Equal(WebSeedHandler.MaxInUse + 2, swarm.WebSeeds.Select(seed => seed.EndPoint.Port).Distinct().Count());
        swarm.WebSeeds[2].Leave();
        swarm.Pass(60);
        Assert.Equal(WebSeedHandler.MaxInUse + 2, swarm.WebSeeds.Count);
    }

    [Fact]
    public void Those_given_up_are_tried_again_after_a_pause_of_the_users()
    {
        using SwarmFixture swarm = With(2).Start();
        swarm.WebSeeds[0].Leave("Not found.");
        swarm.Handle(new PauseRequested());
        WebSeedFault fault = Assert.Single(swarm.Status.WebSeedFaults);
        Assert.Equal("Not found.", fault.Message);
        Assert.Equal(DisconnectReason.Stopping, swarm.WebSeeds[1].ClosedFor);
        swarm.WebSeeds[1].Leave();
        Assert.Equal(2, swarm.WebSeeds.Count);
        swarm.Handle(new ResumeRequested());
        Assert.Equal(4, swarm.WebSeeds.Count);
        Assert.Empty(swarm.Status.WebSeedFaults);
    }

    [Fact]
    public void One_that_sent_wrong_data_is_never_used_again_and_others_of_the_same_host_are()
    {
        using SwarmFixture swarm = With(2, _ => new Uri("http://mirror/")).Start();
        FakePeer bad = swarm.WebSeeds[0];
        Serve(bad);
        bad.GiveAll(isGood: false);
        Assert.Equal(DisconnectReason.Banned, bad.ClosedFor);
        Assert.Null(swarm.WebSeeds[1].ClosedFor);
        bad.Leave();
        swarm.Handle(new PauseRequested());
        swarm.WebSeeds[1].Leave();
        swarm.Handle(new ResumeRequested());
        Assert.Equal(3, swarm.WebSeeds.Count);
        Assert.Equal(
            "Its data does not match the torrent's hashes.", Assert.Single(swarm.Status.WebSeedFaults).Message);
    }

    [Fact]
    public void They_take_no_place_from_peers_and_are_counted_apart()
    {
        using SwarmFixture swarm = With(
            3, with: settings => settings with { Torrent = settings.Torrent with { MaxPeers = 2 } }).Start();
        foreach (FakePeer seed in swarm.WebSeeds)
            Serve(seed, asks: false);
        swarm.Connect(1);
        swarm.Connect(2);
        swarm.Pass(1);
        TorrentStatus status = swarm.Status;
        Assert.Equal((2, 0, 3), (status.Peers, status.Seeds, status.WebSeeds));
        swarm.Handle(new PeersFound([SwarmFixture.At(9)], PeerSource.Tracker));
        Assert.Empty(swarm.Dialed);
        Assert.NotNull(swarm.Connect(3).ClosedFor);
    }

    [Fact]
    public void Fewer_peers_allowed_costs_no_web_seed_its_place()
    {
        using SwarmFixture swarm = With(1).Start();
        FakePeer[] peers = [swarm.Connect(1), swarm.Connect(2)];
        swarm.Handle(new SettingsChanged(settings => settings with
        {
            Torrent =
            settings.Torrent with { MaxPeers = 1 }
        }, new TaskCompletionSource()));
        Assert.Null(swarm.WebSeeds[0].ClosedFor);
        Assert.Single(peers, peer => peer.ClosedFor == DisconnectReason.TooMany);
    }

    [Fact]
    public void They_can_be_switched_off_and_on_while_the_torrent_runs()
    {
        using SwarmFixture swarm = With(
            2, with: settings => settings with { Session = settings.Session with { EnableWebSeeds = false } }).Start();
        swarm.Pass(1);
        Assert.Empty(swarm.WebSeeds);
        Switch(swarm, on: true);
        Assert.Equal(2, swarm.WebSeeds.Count);
        Switch(swarm, on: false);
        Assert.All(swarm.WebSeeds, seed => Assert.Equal(DisconnectReason.Useless, seed.ClosedFor));
        swarm.WebSeeds[0].Leave();
        swarm.WebSeeds[1].Leave();
        Switch(swarm, on: true);
        Assert.Equal(4, swarm.WebSeeds.Count);
    }

    [Fact]
    public void Web_seeds_are_neither_named_to_peers_nor_cached()
    {
        using SwarmFixture swarm = With(
            1, with: settings => settings with { Session = settings.Session with { EnablePex = true } }).Start();
        FakePeer seed = swarm.WebSeeds[0];
        Serve(seed, asks: false);
        FakePeer peer = swarm.Connect(1);
        peer.Extended(new ExtensionHandshake { Messages = new Dictionary<string, byte> { ["ut_pex"] = 5 } });
        swarm.Pass(130);
        Assert.DoesNotContain(peer.Inbox, sent => sent.Id == PeerMessageId.Extended && sent.ExtendedId == 5);
        seed.Give(seed.Asked[0]);
        swarm.Pass(60);
        Assert.Empty(swarm.CachedPeers);
    }

    [Fact]
    public void Silence_is_no_reason_to_let_one_go_and_it_gets_no_upload_slot()
    {
        using SwarmFixture swarm = With(1, with: settings => settings with { MaxPartialPieces = 0 }).Start();
        FakePeer seed = swarm.WebSeeds[0];
        Serve(seed, asks: false);
        swarm.Pass(TickHandler.Idle.TotalSeconds + 10);
        Assert.Null(seed.ClosedFor);
        Assert.Equal(0, seed.Count(PeerMessageId.Unchoke));
        Assert.Equal(0, seed.Count(PeerMessageId.KeepAlive));
    }

    [Fact]
    public void A_web_seed_that_chokes_and_rejects_is_used_again_after_it_unchokes()
    {
        using SwarmFixture swarm = With(1, pieces: 200).Start();
        FakePeer seed = swarm.WebSeeds[0];
        Serve(seed);
        for (int i = 0; i < 50; i++)
        {
            seed.Give(seed.Asked[0]);
            PeerEvent[] refusals = [.. seed.Asked.Select(
                block => new PeerEvent { Id = PeerMessageId.Reject, Address = block })];
            seed.Asked.Clear();
            seed.Say([new PeerEvent { Id = PeerMessageId.Choke }, .. refusals]);
            swarm.Pass(10);
            Assert.Empty(seed.Asked);
            seed.Say(PeerMessageId.Unchoke);
            Assert.NotEmpty(seed.Asked);
        }

        Assert.Null(seed.ClosedFor);
    }

    [Fact]
    public void It_is_shown_by_its_address_and_has_no_id()
    {
        using SwarmFixture swarm = With(1).Start();
        PeerStatus seed = Assert.Single(swarm.Peers());
        Assert.Equal(
            (PeerSource.WebSeed, "web seed", "", "http://host:1000/"),
            (seed.Source, seed.Client, seed.PeerId, seed.Url?.AbsoluteUri));
    }

    private static SwarmFixture With(
        int count, Func<int, Uri>? url = null, Func<SwarmSettings, SwarmSettings>? with = null, int pieces = 4)
    {
        Uri[] seeds = [.. Enumerable.Range(
            0, count).Select(url ?? (number => new Uri($"http://host:{1000 + number}/")))];
        return new SwarmFixture(
            pieces: pieces, with: settings => (with?.Invoke(settings) ?? settings) with { WebSeeds = seeds });
    }

    private static void Switch(SwarmFixture swarm, bool on)
    {
        swarm.Handle(new SettingsChanged(settings => settings with
        {
            Session =
            settings.Session with { EnableWebSeeds = on }
        }, new TaskCompletionSource()));
        swarm.Pass(0.25);
    }

    private static void Serve(FakePeer seed, bool asks = true)
    {
        seed.Say(new PeerEvent { Id = PeerMessageId.HaveAll }, new PeerEvent { Id = PeerMessageId.Unchoke });
        Assert.True(!asks || seed.Asked.Count > 0, "It is asked as soon as it serves.");
    }
}
