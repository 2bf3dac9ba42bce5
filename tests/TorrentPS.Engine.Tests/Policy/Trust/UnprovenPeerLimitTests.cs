using TorrentPS.Engine.Policy.Trust;

namespace TorrentPS.Engine.Tests.Policy.Trust;

/// <summary>What a peer may cost before it has proven itself.</summary>
public sealed class UnprovenPeerLimitTests
{
    [Theory]
    [InlineData(64, 0, 64, "a piece")]
    [InlineData(64, 50, 14, "the rest of it")]
    [InlineData(64, 64, 0, "nothing before it is verified")]
    [InlineData(64, 90, 0, "nor when more is at risk than should be")]
    [InlineData(1, 0, 16, "of small pieces several")]
    [InlineData(1, 15, 1, "of small pieces several")]
    public void A_new_peer_is_entrusted_with(int blocksPerPiece, int atRisk, int room, string why) =>
        Assert.True(UnprovenPeerLimit.Room(blocksPerPiece, atRisk) == room, why);
}
