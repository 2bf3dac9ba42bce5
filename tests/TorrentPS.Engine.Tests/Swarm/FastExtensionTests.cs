using TorrentPS.Engine.Policy.Requests;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Swarm;

/// <summary>Allowed fast, suggest piece, have all and have none (BEP 6).</summary>
public sealed class FastExtensionTests
{
    private const int Pieces = 40;

    [Fact]
    public void A_choked_peer_with_nothing_is_offered_a_piece_and_gets_each_block_of_it_once()
    {
        using SwarmFixture swarm = Seed();
        FakePeer peer = Choked(swarm);
        int piece = Assert.Single(Offers(peer));

        for (int i = 0; i < 2; i++)
        {
            for (int block = 0; block < 16; block++)
                peer.Say(PeerMessageId.Request, swarm.BlockAt(piece, block));
        }

        Assert.Equal(Enumerable.Range(0, 16).Select(block => swarm.BlockAt(piece, block)), peer.Queue);
        Assert.Equal(16, peer.Count(PeerMessageId.Reject));
        Assert.Null(peer.ClosedFor);
    }

    [Fact]
    public void Other_pieces_stay_refused()
    {
        using SwarmFixture swarm = Seed();
        FakePeer peer = Choked(swarm);
        int other = (Offers(peer).Single() + 1) % Pieces;

        peer.Say(PeerMessageId.Request, swarm.BlockAt(other, 0));

        Assert.Empty(peer.Queue);
        Assert.Equal([swarm.BlockAt(other, 0)], peer.Blocks(PeerMessageId.Reject));
    }

    [Fact]
    public void A_peer_that_reconnects_gets_no_block_twice()
    {
        using SwarmFixture swarm = Seed();
        FakePeer peer = Choked(swarm);
        int piece = Offers(peer).Single();
        for (int block = 0; block < 16; block++)
            peer.Say(PeerMessageId.Request, swarm.BlockAt(piece, block));
        peer.Leave();

        FakePeer again = swarm.Connect(51, at: peer.EndPoint);
        again.Say(PeerMessageId.HaveNone);
        again.Say(PeerMessageId.Interested);

        Assert.Empty(Offers(again));
        again.Say(PeerMessageId.Request, swarm.BlockAt(piece, 0));
        Assert.Empty(again.Queue);
    }

    [Fact]
    public void A_peer_with_many_pieces_gets_no_grant_and_loses_the_one_it_had()
    {
        using SwarmFixture swarm = Seed();
        FakePeer peer = Choked(swarm);
        int piece = Offers(peer).Single();
        int[] others = [.. Enumerable.Range(
            0, Pieces).Where(other => other != piece).Take(AllowedFastGrant.PeerPieceLimit)];
        foreach (int other in others)
            peer.Have(other);

        peer.Say(PeerMessageId.Request, swarm.BlockAt(piece, 0));
        Assert.Empty(peer.Queue);

        FakePeer rich = swarm.Connect(60);
        rich.SendBitfield(others);
        rich.Say(PeerMessageId.Interested);
        Assert.Empty(Offers(rich));
    }

    [Fact]
    public void A_peer_without_the_extension_is_offered_nothing()
    {
        using SwarmFixture swarm = Seed();
        Choked(swarm);
        FakePeer peer = swarm.Connect(60, fast: false);
        peer.Say(PeerMessageId.Interested);

        Assert.Equal(0, peer.Count(PeerMessageId.Unchoke));
        Assert.Empty(Offers(peer));
    }

    [Fact]
    public void A_piece_of_the_allowed_fast_set_is_granted_when_it_is_verified()
    {
        using SwarmFixture swarm = new SwarmFixture(Pieces, 16).Start();
        FakePeer peer = Choked(swarm);
        Assert.Empty(Offers(peer));

        FakePeer seed = swarm.Connect(70).Serving();
        seed.GiveAll();

        Assert.Single(Offers(peer));
    }

    [Fact]
    public void Among_equals_a_suggested_piece_is_begun_first()
    {
        using SwarmFixture swarm = Rarest();
        FakePeer peer = swarm.Connect(1).Serving();
        peer.GiveSome(20);

        foreach (int piece in Unasked(swarm, peer).Take(3))
        {
            peer.Say(PeerMessageId.Suggest, new BlockAddress(new PieceIndex(piece), 0, 0));
            while (!peer.Blocks(PeerMessageId.Request).Any(block => block.Piece.Value == piece))
            {
                Assert.True(peer.Asked.Count > 0);
                peer.Give(peer.Asked[0]);
                Assert.True(Unasked(swarm, peer).Count() > 6, "It would have come without being suggested.");
            }
        }
    }

    [Fact]
    public void A_suggestion_of_a_common_piece_does_not_precede_rare_pieces()
    {
        using SwarmFixture swarm = Rarest();
        FakePeer other = swarm.Connect(2);
        FakePeer peer = swarm.Connect(1).Serving();
        peer.GiveSome(5);
        int common = Unasked(swarm, peer).First();
        other.SendBitfield(common);

        peer.Say(PeerMessageId.Suggest, new BlockAddress(new PieceIndex(common), 0, 0));
        peer.GiveSome(10);

        Assert.DoesNotContain(peer.Blocks(PeerMessageId.Request), block => block.Piece.Value == common);
    }

    [Fact]
    public void A_suggested_piece_that_does_not_exist_breaks_the_protocol()
    {
        using SwarmFixture swarm = Seed();
        FakePeer peer = swarm.Connect(1);

        peer.Say(PeerMessageId.Suggest, new BlockAddress(new PieceIndex(Pieces), 0, 0));

        Assert.Equal(DisconnectReason.ProtocolError, peer.ClosedFor);
    }

    private static SwarmFixture Seed() => new SwarmFixture(Pieces, 16).Start([.. Enumerable.Range(0, Pieces)]);

    private static SwarmFixture Rarest() =>
        new SwarmFixture(
            Pieces, 1, s => s with { Torrent = s.Torrent with { Strategy = PieceStrategy.RarestFirst } }).Start();

    /// <summary>A peer that wants something of us when all slots are taken.</summary>
    private static FakePeer Choked(SwarmFixture swarm)
    {
        for (int number = 10; number < 50; number++)
        {
            FakePeer served = swarm.Connect(number);
            served.SendBitfield([.. Enumerable.Range(0, AllowedFastGrant.PeerPieceLimit)]);
            served.Say(PeerMessageId.Interested);
        }

        FakePeer peer = swarm.Connect(51, at: new(new System.Net.IPAddress([80, 4, 4, 200]), 6881));
        peer.Say(PeerMessageId.HaveNone);
        peer.Say(PeerMessageId.Interested);
        Assert.Equal(0, peer.Count(PeerMessageId.Unchoke));
        return peer;
    }

    private static IEnumerable<int> Offers(FakePeer peer) =>
        peer.Inbox.Where(sent => sent.Id == PeerMessageId.AllowedFast).Select(sent => sent.Piece);

    private static IEnumerable<int> Unasked(SwarmFixture swarm, FakePeer peer)
    {
        HashSet<int> asked = [.. peer.Blocks(PeerMessageId.Request).Select(block => block.Piece.Value)];
        return Enumerable.Range(0, swarm.Geometry.PieceCount).Where(piece => !asked.Contains(piece));
    }
}

file static class Giving
{
    /// <summary>Answers so many requests.</summary>
    public static void GiveSome(this FakePeer peer, int count)
    {
        for (int i = 0; i < count && peer.Asked.Count > 0; i++)
            peer.Give(peer.Asked[0]);
    }
}
