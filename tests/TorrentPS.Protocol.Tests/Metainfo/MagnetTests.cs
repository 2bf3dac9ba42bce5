using FsCheck;
using FsCheck.Fluent;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Tests.Metainfo;

public sealed class MagnetTests
{
    private const string V1 = "c12fe1c06bba254a9dc9f519b335aa7c1367a88a";
    private const string V2 = "caf1e1c30e81cb361b9ee167c4aa64228a7fa4fa9f6105232b28ad099f3a302e";

    [Fact]
    public void Every_field_of_a_link_is_parsed()
    {
        MagnetLink link = MagnetLink.Parse(
            $"magnet:?xt=urn:btih:{V1}&xt=urn:btmh:1220{V2}&dn=My%20file%20%26%20more&xl=12345"
            + "&tr=http%3A%2F%2Ft.example%2Fannounce%3Fa%3Db&tr=udp%3A%2F%2Fu.example%3A80&ws=http%3A%2F%2Fw.example%2F"
            + "&x.pe=1.2.3.4:6881&x.pe=[2001:db8::1]:51413&x.pe=peer.example:1&so=0,2,4-6");
        Assert.Equal(InfoHash.Parse(V1), link.InfoHash);
        Assert.Equal(InfoHashV2.Parse(V2), link.InfoHashV2);
        Assert.Equal(InfoHash.Parse(V1), link.WireHash);
        Assert.Equal("My file & more", link.DisplayName);
        Assert.Equal(12345, link.ExactLength);
        Assert.Equal(["http://t.example/announce?a=b", "udp://u.example:80"], link.Trackers);
        Assert.Equal(["http://w.example/"], link.WebSeeds);
        Assert.Equal([new HostEndPoint("1.2.3.4", 6881), new HostEndPoint("2001:db8::1", 51413),
            new HostEndPoint("peer.example", 1)], link.Peers);
        Assert.Equal([new FileRange(0, 0), new FileRange(2, 2), new FileRange(4, 6)], link.SelectedFiles);
        Assert.True(link.SelectedFiles[2].Contains(6));
        Assert.False(link.SelectedFiles[2].Contains(7));
    }

    [Theory]
    [InlineData("YEX6DQDLXISUVHOJ6UM3GNNKPQJWPKEK")]
    [InlineData("yex6dqdlxisuvhoj6um3gnnkpqjwpkek")]
    [InlineData("C12FE1C06BBA254A9DC9F519B335AA7C1367A88A")]
    public void The_v1_hash_may_be_base32_or_upper_case(string hash) =>
        Assert.Equal(InfoHash.Parse(V1), MagnetLink.Parse($"MAGNET:?XT=URN:BTIH:{hash}").InfoHash);

    [Theory]
    [InlineData(40, "magnet:?xt=urn:btih:")]
    [InlineData(64, "magnet:?xt=urn:btmh:1220")]
    public void A_bare_info_hash_gives_a_link(int digits, string prefix)
    {
        string hash = string.Concat(Enumerable.Repeat("aF", digits / 2));

        Assert.True(MagnetLink.TryFromInfoHash(hash, out MagnetLink? link));
        Assert.Equal(prefix + hash.ToLowerInvariant(), link.ToString());

        // Other lengths, other digits, and base32, which could also be a file name.
        Assert.False(MagnetLink.TryFromInfoHash(hash + "a", out _));
        Assert.False(MagnetLink.TryFromInfoHash("g" + hash[1..], out _));
        Assert.False(MagnetLink.TryFromInfoHash("YEX6DQDLXISUVHOJ6UM3GNNKPQJWPKEK", out _));
        Assert.False(MagnetLink.TryFromInfoHash(null, out _));
    }

    [Fact]
    public void The_wire_hash_of_a_v2_link_is_the_truncated_hash() =>
        Assert.Equal(V2[..40], MagnetLink.Parse($"magnet:?xt=urn:btmh:1220{V2}").WireHash.ToString());

    [Theory]
    [InlineData("")]
    [InlineData("http://example/")]
    [InlineData("magnet:")]
    [InlineData("magnet:?")]
    [InlineData("magnet:?dn=name")]
    [InlineData("magnet:?xt=urn:sha1:YEX6DQDLXISUVHOJ6UM3GNNKPQJWPKEK")]
    [InlineData("magnet:?xt=urn:btih:")]
    [InlineData("magnet:?xt=urn:btih:zz2fe1c06bba254a9dc9f519b335aa7c1367a88a")]
    [InlineData("magnet:?xt=urn:btih:c12fe1c06bba254a9dc9f519b335aa7c1367a8")]
    [InlineData("magnet:?xt=urn:btmh:1220c12fe1c06bba254a9dc9f519b335aa7c1367a88a")]
    [InlineData("magnet:?xt=urn:btmh:1114c12fe1c06bba254a9dc9f519b335aa7c1367a88a")]
    [InlineData("magnet:?xt=urn:btih:c12fe1c06bba254a9dc9f519b335aa7c1367a88a&xt=urn:btih:d12fe1c06bba254a9dc9f519b335aa7c1367a88a")]
    public void Text_that_is_not_a_link_to_a_torrent_is_rejected(string text)
    {
        Assert.False(MagnetLink.TryParse(text, out _));
        Assert.NotEmpty(Assert.Throws<FormatException>(() => MagnetLink.Parse(text)).Message);
    }

    [Fact]
    public void A_link_over_the_length_limit_is_rejected() =>
        Assert.False(
            MagnetLink.TryParse($"magnet:?xt=urn:btih:{V1}&dn=" + new string('a', MagnetLink.MaxLength), out _));

    [Theory]
    [InlineData("x.pe=1.2.3.4")]
    [InlineData("x.pe=1.2.3.4:0")]
    [InlineData("x.pe=1.2.3.4:70000")]
    [InlineData("x.pe=2001:db8::1:80")]
    [InlineData("x.pe=:80")]
    [InlineData("x.pe=[]:80")]
    [InlineData("so=5-2")]
    [InlineData("so=a,-1,1-2-3,,99999999999")]
    [InlineData("xl=-5")]
    [InlineData("xl=many")]
    [InlineData("tr=")]
    [InlineData("dn=")]
    [InlineData("tr=http://a%0d%0ab")]
    [InlineData("nonsense&=&==&&")]
    public void Invalid_parameters_other_than_the_hash_are_ignored(string part) =>
        Assert.Equal(
            new MagnetLink { InfoHash = InfoHash.Parse(V1) }, MagnetLink.Parse($"magnet:?xt=urn:btih:{V1}&{part}"));

    [Fact]
    public void Numbered_keys_and_plus_for_space_are_parsed()
    {
        MagnetLink link = MagnetLink.Parse($"magnet:?xt.1=urn:btih:{V1}&tr.1=http://a&tr.2=http://b&dn=a+b");
        Assert.Equal(["http://a", "http://b"], link.Trackers);
        Assert.Equal("a b", link.DisplayName);
    }

    [Fact]
    public void The_number_of_trackers_in_a_link_is_limited() =>
        Assert.Equal(500, MagnetLink.Parse($"magnet:?xt=urn:btih:{V1}"
            + string.Concat(Enumerable.Range(0, 600).Select(i => $"&tr=http://{i}"))).Trackers.Count);

    [Fact]
    public void A_link_written_as_text_is_parsed_to_an_equal_link() =>
        Prop.ForAll(ArbMap.Default.ArbFor<NonEmptyString>(), ArbMap.Default.ArbFor<PositiveInt>(), (name, number) =>
        {
            var link = new MagnetLink
            {
                InfoHash = InfoHash.Parse(V1),
                InfoHashV2 = number.Get % 2 == 0 ? InfoHashV2.Parse(V2) : null,
                DisplayName = new string([.. name.Get.Where(c => !char.IsSurrogate(c))]) + "é +&=%",
                Trackers = ["http://t/?x=1&y=+2#z"],
                WebSeeds = ["ftp://w/ä"],
                Peers = [new HostEndPoint("::1", 1 + (number.Get % 65535))],
                SelectedFiles = [new FileRange(number.Get, number.Get + 1), new FileRange(0, 0)],
                ExactLength = number.Get,
            };
            MagnetLink again = MagnetLink.Parse(link.ToString());
            return again == link
                && again.DisplayName == link.DisplayName
                && again.Trackers[0] == link.Trackers[0]
                && again.Peers[0] == link.Peers[0];
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_magnet_link_of_a_torrent_has_its_hashes_and_fields()
    {
        TorrentMetainfo torrent = Samples.Parse(Samples.Hybrid());
        MagnetLink link = MagnetLink.Parse(torrent.ToMagnet().ToString());
        Assert.Equal(
            (torrent.InfoHash, torrent.InfoHashV2, torrent.Name, torrent.Size),
            (link.InfoHash, link.InfoHashV2, link.DisplayName, link.ExactLength));
    }
}
