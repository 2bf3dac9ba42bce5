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
    public void The_only_contributor_to_a_failed_piece_is_banned()
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
    public void Several_contributors_are_on_parole_until_a_piece_of_their_own_is_checked()
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
    public void The_number_of_remembered_origins_is_bounded()
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
    public void An_origin_includes_all_ports_except_on_loopback(string one, string other, bool same) =>
        Assert.Equal(same, Origin(one) == Origin(other));

    [Fact]
    public void Comparing_a_verified_piece_with_its_failures_finds_the_senders_of_bad_blocks()
    {
        var smartBan = new SmartBan();
        smartBan.OnPieceFailed(Piece, [1, 2, 99, 4], [A, B, C, A]);
        smartBan.OnPieceFailed(Piece, [1, 77, 3, 4], [A, B, A, A]);
        smartBan.OnPieceFailed(new PieceIndex(6), [1], [A]);
        Assert.True(smartBan.HasFailed(Piece));

        SmartBanVerdict verdict = smartBan.OnPieceVerified(Piece, [1, 2, 3, 4]);
        Assert.Equal([B, C], verdict.BadSenders.OrderBy(p => p == C));
        Assert.Equal([A], verdict.GoodSenders);
        Assert.False(smartBan.HasFailed(Piece));
        Assert.True(smartBan.HasFailed(new PieceIndex(6)));
        Assert.Empty(smartBan.OnPieceVerified(Piece, [1, 2, 3, 4]).BadSenders);
    }

    [Fact]
    public void Beyond_the_capacity_the_oldest_failures_are_dropped()
    {
        var smartBan = new SmartBan();
        ulong[] digests = new ulong[SmartBan.Capacity / 2];
        PeerOrigin[] senders = new PeerOrigin[digests.Length];
        for (int piece = 0; piece < 3; piece++)
            smartBan.OnPieceFailed(new PieceIndex(piece), digests, senders);
        const int tooMany = SmartBan.Capacity + 1;
        smartBan.OnPieceFailed(new PieceIndex(3), new ulong[tooMany], new PeerOrigin[tooMany]);
        IEnumerable<bool> kept = Enumerable.Range(0, 4).Select(p => smartBan.HasFailed(new PieceIndex(p)));
        Assert.Equal([false, true, true, false], kept);
    }

    private static PeerOrigin Origin(string endPoint) => new(IPEndPoint.Parse(endPoint));
}
