using FsCheck;
using FsCheck.Fluent;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Tests.Primitives;

public sealed class InfoHashTests
{
    [Fact]
    public void Text_and_bytes_give_the_same_hash() =>
        Prop.ForAll(Bytes(20), bytes =>
        {
            var hash = new InfoHash(bytes);
            return hash.ToArray().AsSpan().SequenceEqual(bytes)
                && hash.ToString() == Convert.ToHexStringLower(bytes)
                && InfoHash.Parse(hash.ToString()) == hash
                && InfoHash.Parse(hash.ToString().ToUpperInvariant()) == hash;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Hashes_with_the_same_bytes_are_equal() =>
        Prop.ForAll(Bytes(20), Bytes(20), (a, b) =>
        {
            var left = new InfoHash(a);
            var right = new InfoHash(b);
            return (left == right) == a.AsSpan().SequenceEqual(b)
                && left.Equals((object)new InfoHash(a)) && left.GetHashCode() == new InfoHash(a).GetHashCode();
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("c12fe1c06bba254a9dc9f519b335aa7c1367a88")]
    [InlineData("c12fe1c06bba254a9dc9f519b335aa7c1367a88ag")]
    [InlineData("x12fe1c06bba254a9dc9f519b335aa7c1367a88a")]
    [InlineData("YEX6DQDLXISUVHOJ6UM3GNNKPQJWPKE1")]
    [InlineData("YEX6DQDLXISUVHOJ6UM3GNNKPQJWPKE=")]
    public void Text_that_is_not_a_hash_is_not_parsed(string? text)
    {
        Assert.False(InfoHash.TryParse(text, out InfoHash hash));
        Assert.Equal(default, hash);
        if (text is not null)
            Assert.Throws<FormatException>(() => InfoHash.Parse(text));
    }

    [Fact]
    public void Base32_is_decoded_as_in_rfc_4648() =>
        Assert.Equal(
            "c12fe1c06bba254a9dc9f519b335aa7c1367a88a", InfoHash.Parse("YEX6DQDLXISUVHOJ6UM3GNNKPQJWPKEK").ToString());

    [Fact]
    public void A_v2_hash_is_truncated_to_its_first_twenty_bytes() =>
        Prop.ForAll(Bytes(32), bytes =>
        {
            var hash = new InfoHashV2(bytes);
            return hash.Truncate() == new InfoHash(bytes.AsSpan(0, 20)) && InfoHashV2.Parse(hash.ToString()) == hash;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_wrong_number_of_bytes_throws()
    {
        Assert.Throws<ArgumentException>(() => new InfoHash(new byte[19]));
        Assert.Throws<ArgumentException>(() => new InfoHashV2(new byte[20]));
        Assert.Throws<ArgumentException>(() => new PeerId(new byte[21]));
        Assert.False(InfoHashV2.TryParse(new string('a', 63), out _));
        Assert.False(InfoHashV2.TryParse(new string('g', 64), out _));
    }

    [Fact]
    public void Peer_ids_with_the_same_bytes_are_equal()
    {
        byte[] bytes = [.. "-TP0100-abcdefghijkl"u8];
        var id = new PeerId(bytes);
        Assert.Equal(id, new PeerId(bytes));
        Assert.Equal(id.GetHashCode(), new PeerId(bytes).GetHashCode());
        Assert.Equal(bytes, id.ToArray());
        bytes[19]++;
        Assert.True(id != new PeerId(bytes));
        Assert.True(id < new PeerId(bytes));
    }

    private static Arbitrary<byte[]> Bytes(int length) =>
        Arb.From(Gen.Choose(0, 255).Select(i => (byte)i).ArrayOf(length));
}
