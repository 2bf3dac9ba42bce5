using TorrentPS.Engine.Policy.Connections;

namespace TorrentPS.Engine.Tests.Policy;

public sealed class EncryptionAttemptsTests
{
    [Theory]
    [InlineData(EncryptionPolicy.Prefer, null, false, true)]
    [InlineData(EncryptionPolicy.Prefer, true, true, true)]
    [InlineData(EncryptionPolicy.Prefer, false, false, false)]
    [InlineData(EncryptionPolicy.Require, null, true, false)]
    [InlineData(EncryptionPolicy.Require, false, true, false)]
    [InlineData(EncryptionPolicy.Disable, null, false, false)]
    [InlineData(EncryptionPolicy.Disable, true, false, false)]
    public void Policy_and_earlier_connections_decide_the_order(
        EncryptionPolicy policy, bool? known, bool encryptFirst, bool tryOther) =>
        Assert.Equal(new EncryptionAttempts(encryptFirst, tryOther), EncryptionAttempts.Of(policy, known));
}
