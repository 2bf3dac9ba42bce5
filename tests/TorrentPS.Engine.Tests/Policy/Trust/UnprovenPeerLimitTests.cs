using TorrentPS.Engine.Policy.Trust;

namespace TorrentPS.Engine.Tests.Policy.Trust;

/// <summary>The limit for peers without a verified piece.</summary>
public sealed class UnprovenPeerLimitTests
{
    [Theory]
    [InlineData(64, 0, 64, "a piece")]
    [InlineData(64, 50, 14, "the rest of a piece")]
    [InlineData(64, 64, 0, "a whole piece is unverified")]
    [InlineData(64, 90, 0, "more is unverified than the limit")]
    [InlineData(1, 0, 16, "several small pieces")]
    [InlineData(1, 15, 1, "several small pieces")]
    public void An_unproven_peer_may_have_this_many_more_blocks(
        int blocksPerPiece, int atRisk, int room, string because) =>
        Assert.True(UnprovenPeerLimit.BlocksLeft(blocksPerPiece, atRisk) == room, because);
}
