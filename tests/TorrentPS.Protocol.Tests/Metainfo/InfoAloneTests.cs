using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Tests.Metainfo;

/// <summary>Parses info dictionaries without a metainfo file, as peers send them for a magnet link.</summary>
public class InfoAloneTests
{
    [Fact]
    public void A_v1_info_dictionary_gives_a_torrent_with_the_links_trackers_and_web_seeds()
    {
        TorrentMetainfo whole = Samples.Parse(Samples.SingleFile());
        MagnetLink link = whole.ToMagnet() with
        {
            Trackers = ["http://one.example/", "udp://two.example:1/"],
            WebSeeds = ["http://seed.example/"]
        };
        TorrentMetainfo read = TorrentMetainfo.ParseInfo(whole.InfoBytes, link);
        Assert.Equal(
            (whole.Name, whole.Size, whole.PieceCount, whole.InfoHash),
            (read.Name, read.Size, read.PieceCount, read.InfoHash));
        Assert.Equal([["http://one.example/"], ["udp://two.example:1/"]], read.Trackers);
        Assert.Equal(["http://seed.example/"], read.WebSeeds);
        Assert.False(read.LacksPieceLayers);
        Assert.Empty(read.Warnings);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void A_hybrid_info_dictionary_matches_either_hash_and_lacks_piece_layers(bool v1, bool v2)
    {
        TorrentMetainfo whole = Samples.Parse(Samples.Hybrid());
        var link = new MagnetLink { InfoHash = v1 ? whole.InfoHash : null, InfoHashV2 = v2 ? whole.InfoHashV2 : null };
        TorrentMetainfo read = TorrentMetainfo.ParseInfo(whole.InfoBytes, link);
        Assert.Equal(
            (MetainfoVersion.Hybrid, whole.InfoHash, whole.InfoHashV2), (read.Version, read.InfoHash, read.InfoHashV2));
        Assert.True(read.LacksPieceLayers);
        Assert.False(read.TryGetPieceRoot(new PieceIndex(0), out _, out _));
    }

    [Fact]
    public void A_v2_info_dictionary_has_its_files()
    {
        TorrentMetainfo whole = Samples.Parse(Samples.V2());
        TorrentMetainfo read = TorrentMetainfo.ParseInfo(whole.InfoBytes, whole.ToMagnet());
        Assert.Equal(
            whole.Files.Select(file => (file.Path, file.Length)), read.Files.Select(file => (file.Path, file.Length)));
        Assert.True(read.LacksPieceLayers);
    }

    [Fact]
    public void An_info_dictionary_with_another_hash_than_the_links_throws()
    {
        TorrentMetainfo hybrid = Samples.Parse(Samples.Hybrid());
        TorrentMetainfo other = Samples.Parse(Samples.SingleFile());
        MagnetLink mixed = hybrid.ToMagnet() with { InfoHash = other.InfoHash };
        Assert.Equal(MetainfoError.InfoHashMismatch, Refused(other.InfoBytes, hybrid.ToMagnet()).Code);
        Assert.Equal(MetainfoError.InfoHashMismatch, Refused(hybrid.InfoBytes, mixed).Code);
        Assert.Equal(MetainfoError.InfoHashMismatch, Refused(other.InfoBytes, mixed).Code);
    }

    [Theory]
    [InlineData("i5e")]
    [InlineData("de4:evil4:more")]
    [InlineData("de5:nodesle")]
    [InlineData("d4:name1:a")]
    [InlineData("")]
    public void Data_with_the_right_hash_that_is_not_an_info_dictionary_throws(string text)
    {
        byte[] info = System.Text.Encoding.ASCII.GetBytes(text);
        var link = new MagnetLink { InfoHash = new InfoHash(System.Security.Cryptography.SHA1.HashData(info)) };
        Refused(info, link);
    }

    [Fact]
    public void A_metainfo_file_can_be_written_from_an_info_dictionary()
    {
        Dict torrent = Samples.V2();
        torrent["announce-list"] = new object[] { new object[] { "http://a.example/", "http://b.example/" },
            new object[] { "http://c.example/" } };
        torrent["nodes"] = new object[] { new object[] { "router.example", 6881 } };
        torrent["url-list"] = new object[] { "http://seed.example/" };
        torrent["httpseeds"] = new object[] { "http://script.example/" };
        torrent["comment"] = "words";
        torrent["created by"] = "hand";
        torrent["creation date"] = 1_600_000_000;
        foreach (Dict sample in new[] { torrent, Samples.SingleFile(), Samples.Hybrid() })
        {
            TorrentMetainfo read = Samples.Parse(sample);
            TorrentMetainfo again = TorrentMetainfo.Parse(read.ToTorrentFile());
            Assert.Equal(read.InfoBytes.ToArray(), again.InfoBytes.ToArray());
            Assert.Equal(read.Trackers, again.Trackers);
            Assert.Equal(read.Nodes, again.Nodes);
            Assert.Equal(read.WebSeeds, again.WebSeeds);
            Assert.Equal(read.HttpSeeds, again.HttpSeeds);
            Assert.Equal(
                (read.Comment, read.CreatedBy, read.CreationDate),
                (again.Comment, again.CreatedBy, again.CreationDate));
            Assert.Equal(
                read.Files.Select(file => file.PieceLayer.ToArray()),
                again.Files.Select(file => file.PieceLayer.ToArray()));
        }
    }

    [Fact]
    public void A_hybrid_torrent_without_piece_layers_is_parsed_with_a_warning()
    {
        TorrentMetainfo whole = Samples.Parse(Samples.Hybrid());
        TorrentMetainfo saved =
            TorrentMetainfo.Parse(TorrentMetainfo.ParseInfo(whole.InfoBytes, whole.ToMagnet()).ToTorrentFile());
        Assert.Equal(TorrentWarningCode.MissingPieceLayers, Assert.Single(saved.Warnings).Code);
        Assert.Equal(whole.InfoHash, saved.InfoHash);
    }

    private static MetainfoException Refused(ReadOnlyMemory<byte> info, MagnetLink link) =>
        Assert.Throws<MetainfoException>(() => TorrentMetainfo.ParseInfo(info, link));
}
