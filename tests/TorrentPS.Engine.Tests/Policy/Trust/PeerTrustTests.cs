using System.Net;
using TorrentPS.Engine.Policy;
using TorrentPS.Engine.Policy.Trust;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Tests.Policy.Trust;

public sealed class PeerTrustTests
{
    private static readonly PeerOrigin A = Origin("1.1.1.1:1");
    private static readonly PeerOrigin B = Origin("2.2.2.2:1");
    private static readonly PeerOrigin C = Origin("3.3.3.3:1");
    private static readonly PieceIndex Piece = new(5);

    [Fact]
    public void The_only_contributor_of_a_bad_piece_is_banned_at_once()
    {
        var trust = new PeerTrust();
        Assert.True(trust.OnPieceFailed([A, A, A]));
        Assert.Equal(TrustLevel.Banned, trust.LevelOf(A));
        trust.Clear(A);
        trust.OnPieceVerified([A]);
        Assert.Equal(TrustLevel.Banned, trust.LevelOf(A));
        Assert.False(trust.OnPieceFailed([]));
    }

    [Fact]
    public void Several_contributors_are_on_parole_until_each_has_shown_what_it_is()
    {
        var trust = new PeerTrust();
        Assert.False(trust.OnPieceFailed([A, B, A, C]));
        Assert.All([A, B, C], p => Assert.Equal(TrustLevel.Parole, trust.LevelOf(p)));
        trust.OnPieceVerified([A, B]);
        Assert.Equal(TrustLevel.Parole, trust.LevelOf(A));
        trust.OnPieceVerified([A, A]);
        Assert.Equal(TrustLevel.Good, trust.LevelOf(A));
        trust.OnPieceFailed([B]);
        Assert.Equal(TrustLevel.Banned, trust.LevelOf(B));
        Assert.Equal(TrustLevel.Parole, trust.LevelOf(C));
    }

    [Fact]
    public void A_flood_of_liars_does_not_grow_the_ledger_without_bound()
    {
        var trust = new PeerTrust();
        trust.Ban(A);
        for (int i = 0; i < PeerTrust.Capacity - 1; i++)
            trust.Ban(new PeerOrigin(new IPEndPoint(0x0a00_0000 + i, 1)));
        Assert.Equal(TrustLevel.Banned, trust.LevelOf(A));
        trust.Ban(B);
        Assert.Equal(TrustLevel.Good, trust.LevelOf(A));
        Assert.Equal(TrustLevel.Banned, trust.LevelOf(B));
    }

    [Theory]
    [InlineData("1.1.1.1:1", "1.1.1.1:2", true)]
    [InlineData("1.1.1.1:1", "[::ffff:1.1.1.1]:2", true)]
    [InlineData("1.1.1.1:1", "1.1.1.2:1", false)]
    [InlineData("[2001:db8:1:1::1]:1", "[2001:db8:1:1::2]:2", true)]
    [InlineData("[2001:db8:1:1::1]:1", "[2001:db8:1:2::1]:1", false)]
    [InlineData("127.0.0.1:1", "127.0.0.1:2", false)]
    [InlineData("127.0.0.1:1", "[::ffff:127.0.0.1]:1", true)]
    [InlineData("[::1]:1", "[::1]:2", false)]
    public void An_address_answers_for_all_its_ports_but_on_this_machine(string one, string other, bool same) =>
        Assert.Equal(same, Origin(one) == Origin(other));

    [Fact]
    public void When_a_failed_piece_comes_right_its_blocks_tell_exactly_who_sent_bad_ones()
    {
        var ledger = new SmartBan();
        ledger.OnPieceFailed(Piece, [1, 2, 99, 4], [A, B, C, A]);
        ledger.OnPieceFailed(Piece, [1, 77, 3, 4], [A, B, A, A]);
        ledger.OnPieceFailed(new PieceIndex(6), [1], [A]);
        Assert.True(ledger.Awaits(Piece));

        SmartBanVerdict verdict = ledger.OnPieceVerified(Piece, [1, 2, 3, 4]);
        Assert.Equal([B, C], verdict.Guilty.OrderBy(p => p == C));
        Assert.Equal([A], verdict.Cleared);
        Assert.False(ledger.Awaits(Piece));
        Assert.True(ledger.Awaits(new PieceIndex(6)));
        Assert.Empty(ledger.OnPieceVerified(Piece, [1, 2, 3, 4]).Guilty);
    }

    [Fact]
    public void The_oldest_failures_are_forgotten_when_there_are_too_many()
    {
        var ledger = new SmartBan();
        ulong[] digests = new ulong[SmartBan.Capacity / 2];
        PeerOrigin[] senders = new PeerOrigin[digests.Length];
        for (int piece = 0; piece < 3; piece++)
            ledger.OnPieceFailed(new PieceIndex(piece), digests, senders);
        ledger.OnPieceFailed(new PieceIndex(3), new ulong[SmartBan.Capacity + 1], new PeerOrigin[SmartBan.Capacity + 1]);
        Assert.Equal([false, true, true, false], Enumerable.Range(0, 4).Select(p => ledger.Awaits(new PieceIndex(p))));
    }

    private static PeerOrigin Origin(string endPoint) => new(IPEndPoint.Parse(endPoint));
}
