using TorrentPS.Engine.Session;
using TorrentPS.Protocol.Encryption;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Tests.Session;

public sealed class ObfuscatedInfoHashesTests
{
    [Fact]
    public void An_info_hash_is_found_until_it_was_removed_as_often_as_added()
    {
        var hashes = new ObfuscatedInfoHashes();
        InfoHash[] all = [.. Enumerable.Range(0, 10_000).Select(Hash)];
        foreach (InfoHash one in all)
            hashes.Add(one);
        hashes.Add(all[7]);

        Assert.All(all, one => Assert.Equal(one, hashes.Find(ObfuscatedInfoHash.Of(one))));
        Assert.Null(hashes.Find(ObfuscatedInfoHash.Of(Hash(10_000))));

        foreach (InfoHash one in all)
            hashes.Remove(one);
        Assert.Equal(all[7], hashes.Find(ObfuscatedInfoHash.Of(all[7])));
        hashes.Remove(all[7]);
        Assert.All(all, one => Assert.Null(hashes.Find(ObfuscatedInfoHash.Of(one))));
    }

    private static InfoHash Hash(int number)
    {
        byte[] bytes = new byte[InfoHash.Length];
        BitConverter.TryWriteBytes(bytes, number);
        return new InfoHash(bytes);
    }
}
