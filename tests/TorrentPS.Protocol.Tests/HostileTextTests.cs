using System.Text;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Tests.Metainfo;
using TorrentPS.Protocol.Tracker;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Protocol.Tests;

/// <summary>Feeds text that controls terminals or reorders text to every parser that returns text from outside.</summary>
public sealed class HostileTextTests
{
    /// <summary>
    /// Colour and title sequences of terminals, carriage return and line break, C1 control sequence introducer,
    /// right-to-left override, isolate, zero-width space, byte order mark, and a tag character.
    /// </summary>
    private const string Hostile =
        "a\u001b[31m\u001b]0;x\u0007\r\nb\u0008\u009b2J\u202egpj\u2066\u200b\ufeff\U000e0041\u2028c";

    [Fact]
    public void One_line_has_no_control_bidi_or_invisible_characters() =>
        Assert.Equal("a[31m]0;x b2Jgpj c", DisplayText.Line(Hostile));

    [Fact]
    public void Lines_keep_their_breaks_and_marks_show_what_was_there()
    {
        Assert.Equal("a[31m]0;x\nb2Jgpj\nc", DisplayText.Lines(Hostile));
        Assert.Equal("one\n\ntwo", DisplayText.Lines("one\r\n\r\ntwo\r\n\u001b\r\n"));
        Assert.Equal("gpj\ufffdexe\ufffd", DisplayText.Mark("gpj\u202eexe\n"));
        Assert.False(DisplayText.IsDisplayable(Hostile));
        Assert.True(DisplayText.IsDisplayable("two\nlines\tand ünïcode 日本 🎵"));
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("ünïcode 日本 🎵 עברית")]
    public void Ordinary_text_is_unchanged(string text)
    {
        Assert.True(DisplayText.IsLine(text));
        Assert.Equal((text, text), (DisplayText.Lines(text), DisplayText.Mark(text)));
    }

    [Fact]
    public void A_text_is_cut_between_characters() => Assert.Equal("a", DisplayText.Line("a🎵", maxLength: 2));

    [Fact]
    public void Every_text_of_a_torrent_is_displayable()
    {
        Dict source = Samples.MultiFile(
            Samples.File(1, Hostile, Hostile),
            new Dict { ["attr"] = "l", ["path"] = new object[] { Hostile + "2" }, ["symlink path"] = new object[] { Hostile } });
        var info = (Dict)source["info"];
        info["name"] = Hostile;
        info["source"] = Hostile;
        source["comment"] = Hostile;
        source["created by"] = Hostile;
        source["announce-list"] = new object[] { new object[] { $"http://t.example/{Hostile}", "http://t.example/announce" } };
        source["url-list"] = $"http://w.example/{Hostile}";
        source["httpseeds"] = $"http://w.example/{Hostile}";
        source["nodes"] = new object[] { new object[] { Hostile, 6881 } };

        TorrentMetainfo torrent = Samples.Parse(source);

        Assert.Equal(["http://t.example/announce"], torrent.Trackers.SelectMany(tier => tier));
        Assert.Equal("a[31m]0;x b2Jgpj c", torrent.Source);
        AssertDisplayable(
        [
            torrent.Name, torrent.OriginalName, torrent.Source, torrent.CreatedBy, .. torrent.Comment!.Split('\n'),
            .. torrent.WebSeeds, .. torrent.HttpSeeds, .. torrent.Nodes.Select(node => node.Host),
            .. torrent.Files.SelectMany(file => new[] { file.Path, file.OriginalPath, file.SymlinkTarget }),
            .. torrent.Warnings.Select(warning => warning.ToString()),
            torrent.ToMagnet().ToString(),
        ]);
    }

    [Fact]
    public void Errors_of_a_torrent_are_displayable()
    {
        Dict tree = Samples.V2();
        ((Dict)tree["info"])["file tree"] = new Dict { [Hostile] = Samples.Leaf(5, null) };
        Dict hybrid = Samples.Hybrid();
        ((Dict)hybrid["info"])["file tree"] = new Dict { [Hostile] = Samples.Leaf(40_000, Samples.Hashes(1)) };
        Dict deep = Samples.V2();
        ((Dict)deep["info"])["file tree"] = new Dict { [new string('d', 300) + Hostile] = 5 };
        foreach (MetainfoException error in new[] { Samples.Refused(tree), Samples.Refused(hybrid), Samples.Refused(deep) })
            AssertDisplayable([error.Message, error.Location]);
    }

    [Fact]
    public void Every_text_of_a_magnet_link_is_displayable()
    {
        string text = Uri.EscapeDataString(Hostile);
        MagnetLink link = MagnetLink.Parse(
            $"magnet:?xt=urn:btih:c12fe1c06bba254a9dc9f519b335aa7c1367a88a&dn={text}&tr=http%3A%2F%2Ft%2F{text}"
            + $"&ws=http%3A%2F%2Fw%2F{text}&x.pe={text}:6881");
        Assert.Equal("a[31m]0;x b2Jgpj c", link.DisplayName);
        Assert.Empty(link.Trackers);
        Assert.Empty(link.WebSeeds);
        Assert.Empty(link.Peers);
        AssertDisplayable([link.Title, link.ToString()]);
        foreach (string topic in new[] { "btih", "btmh" })
            AssertDisplayable([Assert.Throws<FormatException>(() => MagnetLink.Parse($"magnet:?xt=urn:{topic}:{text}")).Message]);
    }

    [Fact]
    public void Every_text_of_a_tracker_is_displayable()
    {
        byte[] answer = B.Encode(new Dict { ["interval"] = 60, ["peers"] = "", ["warning message"] = Hostile });
        AssertDisplayable([HttpTrackerResponse.ReadAnnounce(answer).WarningMessage]);
        byte[] failure = B.Encode(new Dict { ["failure reason"] = Hostile });
        AssertDisplayable(
            [Assert.Throws<TrackerResponseException>(() => HttpTrackerResponse.ReadAnnounce(failure)).Message]);
        byte[] datagram = [0, 0, 0, 3, 0, 0, 0, 7, .. Encoding.UTF8.GetBytes(Hostile)];
        AssertDisplayable(
            [Assert.Throws<TrackerResponseException>(() => UdpTrackerResponse.ReadConnect(datagram)).Message]);
    }

    [Fact]
    public void Every_text_of_a_peer_is_displayable()
    {
        ExtensionHandshake handshake = ExtensionHandshake.Parse(B.Encode(new Dict { ["v"] = Hostile }));
        Assert.Equal("a[31m]0;x b2Jgpj c", handshake.Client);
        AssertDisplayable([ClientName.Of(default, Hostile)]);
        for (int value = 0; value < 256; value++)
        {
            byte[] id = Enumerable.Repeat((byte)value, 20).ToArray();
            AssertDisplayable([ClientName.Decode(new PeerId(id))]);
            foreach (string start in new[] { "-UT", "M7-", "S5", "exbc", "OP", "-ML", "XBT", "T03" })
                AssertDisplayable([ClientName.Decode(new PeerId([.. Encoding.ASCII.GetBytes(start), .. id[start.Length..]]))]);
        }
    }

    private static void AssertDisplayable(IEnumerable<string?> texts) =>
        Assert.All(texts.OfType<string>(), text => Assert.True(
            !text.Any(IsHarmful), string.Join(' ', text.Select(c => $"{(int)c:x4}"))));

    /// <summary>
    /// Control characters, line separators, and characters that change the text direction. File names may have other
    /// invisible characters, such as the joiners of emoji and of Persian.
    /// </summary>
    private static bool IsHarmful(char c) =>
        char.IsControl(c) || c is '\u061c' or '\u200e' or '\u200f' or (>= '\u2028' and <= '\u202e')
            or (>= '\u2066' and <= '\u2069');
}
