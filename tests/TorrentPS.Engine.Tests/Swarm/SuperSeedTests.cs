using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Swarm;

/// <summary>A seed that shows each peer a piece at a time (BEP 16).</summary>
public sealed class SuperSeedTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_new_peer_gets_one_have_and_nothing_else(bool fast)
    {
        using SwarmFixture swarm = Seed();
        FakePeer peer = swarm.Connect(1, fast);

        Assert.Equal(fast ? 1 : 0, peer.Count(PeerMessageId.HaveNone));
        Assert.Equal(0, peer.Count(PeerMessageId.HaveAll) + peer.Count(PeerMessageId.Bitfield));
        Assert.Single(Shown(peer));
        Assert.NotEqual(true, ExtensionHandshake.Parse(
            peer.Inbox.First(sent => sent.Id == PeerMessageId.Extended).Body!).UploadOnly);
    }

    [Fact]
    public void Different_peers_are_shown_different_pieces()
    {
        using SwarmFixture swarm = Seed();
        FakePeer[] peers = [.. Enumerable.Range(1, 6).Select(number => swarm.Connect(number))];
        Assert.Equal(6, peers.SelectMany(Shown).Distinct().Count());
    }

    [Fact]
    public void The_next_piece_is_shown_when_another_peer_has_got_the_first_and_not_before()
    {
        using SwarmFixture swarm = Seed();
        FakePeer first = swarm.Connect(1);
        FakePeer second = swarm.Connect(2);
        int piece = Assert.Single(Shown(first));

        first.Have(piece);
        swarm.Pass(120);
        Assert.Single(Shown(first));
        second.Have(piece);

        Assert.Equal(2, Shown(first).Distinct().Count());
        Assert.Single(Shown(second));
    }

    [Fact]
    public void A_peer_alone_with_the_seed_gets_everything_piece_by_piece()
    {
        using SwarmFixture swarm = Seed();
        FakePeer peer = swarm.Connect(1);
        for (int i = 1; i <= 8; i++)
        {
            Assert.Equal(i, Shown(peer).Distinct().Count());
            peer.Have(Shown(peer)[^1]);
            swarm.Pass(0.5);
        }
    }

    [Fact]
    public void When_it_is_switched_off_all_hidden_pieces_are_announced()
    {
        using SwarmFixture swarm = Seed();
        FakePeer peer = swarm.Connect(1);
        swarm.Handle(new SettingsChanged(settings => settings with
        {
            Torrent =
            settings.Torrent with { SuperSeeding = false }
        }, new TaskCompletionSource()));
        swarm.Pass(0.5);
        Assert.Equal(Enumerable.Range(0, 8), Shown(peer).Order());

        Assert.Equal(1, swarm.Connect(2).Count(PeerMessageId.HaveAll));
    }

    [Fact]
    public void A_piece_that_left_with_its_peer_is_shown_to_the_next()
    {
        using SwarmFixture swarm = new SwarmFixture(
            pieces: 2, with: settings => settings with { Torrent = settings.Torrent with { SuperSeeding = true } })
            .Start(0, 1);
        FakePeer stays = swarm.Connect(1);
        FakePeer leaves = swarm.Connect(2);
        int lost = Assert.Single(Shown(leaves));
        Assert.NotEqual(lost, Assert.Single(Shown(stays)));
        leaves.Leave();
        Assert.Equal([lost], Shown(swarm.Connect(3)));
    }

    [Fact]
    public void No_piece_that_was_not_shown_is_offered_to_a_choked_peer()
    {
        using SwarmFixture swarm = new SwarmFixture(
            pieces: 8,
            with: settings =>
                settings with { Torrent = settings.Torrent with { SuperSeeding = true, UploadSlots = 1 } })
            .Start(0, 1, 2, 3, 4, 5, 6, 7);
        FakePeer[] peers = [.. Enumerable.Range(1, 5).Select(number => swarm.Connect(number))];
        foreach (FakePeer peer in peers)
            peer.Say(PeerMessageId.Interested);
        Assert.All(peers, peer => Assert.Equal(0, peer.Count(PeerMessageId.AllowedFast)));
    }

    private static SwarmFixture Seed() =>
        new SwarmFixture(pieces: 8, with: settings => settings with
        {
            Torrent =
            settings.Torrent with { SuperSeeding = true }
        }).Start(0, 1, 2, 3, 4, 5, 6, 7);

    private static List<int> Shown(FakePeer peer) =>
        [.. peer.Inbox.Where(sent => sent.Id == PeerMessageId.Have).Select(sent => sent.Piece)];
}
