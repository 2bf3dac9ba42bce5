using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Protocol.Tests.Metainfo;

public sealed class OptionalFieldTests
{
    [Fact]
    public void Texts_date_and_flags_are_parsed()
    {
        Dict source = Samples.SingleFile();
        source["comment"] = "Grüße";
        source["created by"] = "maker/1.0";
        source["creation date"] = 1_700_000_000;
        ((Dict)source["info"])["private"] = 1;
        ((Dict)source["info"])["source"] = "SRC";
        TorrentMetainfo torrent = Samples.Parse(source);
        Assert.Equal(("Grüße", "maker/1.0", "SRC"), (torrent.Comment, torrent.CreatedBy, torrent.Source));
        Assert.Equal(new DateTimeOffset(2023, 11, 14, 22, 13, 20, TimeSpan.Zero), torrent.CreationDate);
        Assert.True(torrent.IsPrivate);
        Assert.Empty(torrent.Warnings);
    }

    [Fact]
    public void Absent_fields_are_null_or_empty()
    {
        Dict source = Samples.SingleFile();
        source.Remove("announce");
        TorrentMetainfo torrent = Samples.Parse(source);
        Assert.Null(torrent.Comment);
        Assert.Null(torrent.CreatedBy);
        Assert.Null(torrent.Source);
        Assert.Null(torrent.CreationDate);
        Assert.False(torrent.IsPrivate);
        Assert.Empty(torrent.Trackers);
        Assert.Empty(torrent.WebSeeds);
        Assert.Empty(torrent.HttpSeeds);
        Assert.Empty(torrent.Nodes);
    }

    [Fact]
    public void The_utf8_variants_of_names_and_texts_are_preferred()
    {
        Dict source = Samples.MultiFile(new Dict
        {
            ["length"] = 1,
            ["path"] = new object[] { new byte[] { 0xe9 } },
            ["path.utf-8"] = new object[] { "é" },
        });
        var info = (Dict)source["info"];
        info["name"] = new byte[] { 0xfc };
        info["name.utf-8"] = "ü";
        source["comment"] = new byte[] { 0xe4 };
        source["comment.utf-8"] = "ä";
        TorrentMetainfo torrent = Samples.Parse(source);
        Assert.Equal(("ü", "ü/é", "ä"), (torrent.Name, torrent.Files[0].Path, torrent.Comment));
        Assert.Empty(torrent.Warnings);
    }

    [Fact]
    public void A_utf8_variant_that_is_not_valid_utf8_is_ignored()
    {
        Dict source = Samples.MultiFile(new Dict
        {
            ["length"] = 1,
            ["path"] = new object[] { "plain" },
            ["path.utf-8"] = new object[] { new byte[] { 0xff } }
        });
        ((Dict)source["info"])["name.utf-8"] = 5;
        Assert.Equal("top/plain", Samples.Parse(source).Files[0].Path);
    }

    [Fact]
    public void Announce_is_ignored_if_there_are_tracker_tiers()
    {
        Dict source = Samples.SingleFile();
        source["announce-list"] = new object[]
        {
            new object[] { "http://a/announce", " udp://b:1/announce " },
            Array.Empty<object>(),
            new object[] { "http://a/announce", "http://c/announce", string.Empty },
        };
        Assert.Equal(
            [["http://a/announce", "udp://b:1/announce"], ["http://c/announce"]], Samples.Parse(source).Trackers);
    }

    [Fact]
    public void Announce_is_used_if_the_tracker_list_is_empty()
    {
        Dict source = Samples.SingleFile();
        source["announce-list"] = new object[] { new object[] { string.Empty } };
        Assert.Equal([["http://tracker.example/announce"]], Samples.Parse(source).Trackers);
    }

    [Fact]
    public void Each_tracker_in_a_plain_list_becomes_a_tier()
    {
        Dict source = Samples.SingleFile();
        source["announce-list"] = new object[] { "http://a", "http://b" };
        Assert.Equal([["http://a"], ["http://b"]], Samples.Parse(source).Trackers);
    }

    [Fact]
    public void Web_seeds_may_be_a_string_or_a_list()
    {
        Dict source = Samples.SingleFile();
        source["url-list"] = "http://one/";
        Assert.Equal(["http://one/"], Samples.Parse(source).WebSeeds);
        source["url-list"] = new object[] { "http://one/", "http://two/", "http://one/", string.Empty };
        source["httpseeds"] = new object[] { "http://three/seed.php" };
        Assert.Equal(["http://one/", "http://two/"], Samples.Parse(source).WebSeeds);
        Assert.Equal(["http://three/seed.php"], Samples.Parse(source).HttpSeeds);
    }

    [Fact]
    public void Nodes_are_hosts_with_ports()
    {
        Dict source = Samples.SingleFile();
        source["nodes"] = new object[]
        {
            new object[] { "127.0.0.1", 6881 }, new object[] { "::1", 1 }, new object[] { "x", 0 },
                new object[] { "x", 65536 }, new object[] { "x" }, "y", new object[] { 1, "x" },
        };
        TorrentMetainfo torrent = Samples.Parse(source);
        Assert.Equal([new HostEndPoint("127.0.0.1", 6881), new HostEndPoint("::1", 1)], torrent.Nodes);
        Assert.Equal(5, torrent.Warnings.Count);
        Assert.Equal("[::1]:1", torrent.Nodes[1].ToString());
    }

    public static TheoryData<string, object> WrongFields() => new()
    {
        { "announce", 5 },
        { "announce", new byte[] { 0xff } },
        { "announce", "http://a/\r\nHost: b" },
        { "announce", new string('a', 10_000) },
        { "announce-list", 5 },
        { "announce-list", new object[] { 5 } },
        { "url-list", 5 },
        { "httpseeds", new Dict() },
        { "nodes", "x" },
        { "comment", 5 },
        { "comment", new string('c', 70_000) },
        { "created by", new object[] { "x" } },
        { "creation date", "today" },
        { "creation date", long.MaxValue },
        { "creation date", long.MinValue },
    };

    [Theory]
    [MemberData(nameof(WrongFields))]
    public void An_invalid_optional_field_is_ignored_with_a_warning(string field, object value)
    {
        Dict source = Samples.SingleFile();
        source[field] = value;
        TorrentWarning warning = Assert.Single(Samples.Parse(source).Warnings);
        Assert.Equal((TorrentWarningCode.FieldIgnored, field), (warning.Code, warning.Location));
    }

    [Fact]
    public void An_invalid_private_flag_makes_the_torrent_private()
    {
        Dict source = Samples.SingleFile();
        ((Dict)source["info"])["private"] = "1";
        TorrentMetainfo torrent = Samples.Parse(source);
        Assert.True(torrent.IsPrivate);
        Assert.Single(torrent.Warnings);
        ((Dict)source["info"])["private"] = 0;
        Assert.False(Samples.Parse(source).IsPrivate);
    }

    [Fact]
    public void Lists_of_addresses_are_limited()
    {
        Dict source = Samples.SingleFile();
        source["announce-list"] = new object[] { Many("http://t"), Many("http://u") };
        source["url-list"] = Many("http://w");
        source["nodes"] = Enumerable.Range(1, 20).Select(i => (object)new object[] { "h", i }).ToArray();
        TorrentMetainfo torrent =
            Samples.Parse(source, new MetainfoLimits { MaxTrackers = 15, MaxWebSeeds = 7, MaxNodes = 3 });
        Assert.Equal(15, torrent.Trackers.Sum(tier => tier.Count));
        Assert.Equal(7, torrent.WebSeeds.Count);
        Assert.Equal(3, torrent.Nodes.Count);
        Assert.Equal(3, torrent.Warnings.Count(w => w.Code == TorrentWarningCode.ListTruncated));

        static object[] Many(string prefix) => [.. Enumerable.Range(0, 10).Select(i => prefix + i)];
    }
}
