using System.Text;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Tests.Metainfo;

public sealed class NameTests
{
    [Theory]
    [InlineData("..", "_", TorrentWarningCode.NameRelative)]
    [InlineData(".", "_", TorrentWarningCode.NameRelative)]
    [InlineData("", "_", TorrentWarningCode.NameRelative)]
    [InlineData("...", "_", TorrentWarningCode.NameTrailingDotOrSpace)]
    [InlineData("   ", "_", TorrentWarningCode.NameTrailingDotOrSpace)]
    [InlineData("../../etc/passwd", ".._.._etc_passwd", TorrentWarningCode.NameForbiddenCharacter)]
    [InlineData("/etc/passwd", "_etc_passwd", TorrentWarningCode.NameForbiddenCharacter)]
    [InlineData("..\\evil.dll", ".._evil.dll", TorrentWarningCode.NameForbiddenCharacter)]
    [InlineData("C:\\evil", "C__evil", TorrentWarningCode.NameForbiddenCharacter)]
    [InlineData("file.txt:stream", "file.txt_stream", TorrentWarningCode.NameForbiddenCharacter)]
    [InlineData("what?.txt", "what_.txt", TorrentWarningCode.NameForbiddenCharacter)]
    [InlineData("a\0b", "a_b", TorrentWarningCode.NameForbiddenCharacter)]
    [InlineData("a\r\nb", "a__b", TorrentWarningCode.NameForbiddenCharacter)]
    [InlineData("a\u001b[31mb", "a_[31mb", TorrentWarningCode.NameForbiddenCharacter)]
    [InlineData("a\u007fb", "a_b", TorrentWarningCode.NameForbiddenCharacter)]
    [InlineData("a\u0085b", "a_b", TorrentWarningCode.NameForbiddenCharacter)]
    [InlineData("a\u2028b", "a_b", TorrentWarningCode.NameForbiddenCharacter)]
    [InlineData("\u202egpj.exe", "_gpj.exe", TorrentWarningCode.NameForbiddenCharacter)]
    [InlineData("a\u200fb", "a_b", TorrentWarningCode.NameForbiddenCharacter)]
    [InlineData("a\u061cb", "a_b", TorrentWarningCode.NameForbiddenCharacter)]
    [InlineData("a\u2066b", "a_b", TorrentWarningCode.NameForbiddenCharacter)]
    [InlineData("CON", "_CON", TorrentWarningCode.NameReserved)]
    [InlineData("nul.txt", "_nul.txt", TorrentWarningCode.NameReserved)]
    [InlineData("aux.tar.gz", "_aux.tar.gz", TorrentWarningCode.NameReserved)]
    [InlineData("prn .txt", "_prn .txt", TorrentWarningCode.NameReserved)]
    [InlineData("Com1", "_Com1", TorrentWarningCode.NameReserved)]
    [InlineData("lpt9.log", "_lpt9.log", TorrentWarningCode.NameReserved)]
    [InlineData("COM¹", "_COM¹", TorrentWarningCode.NameReserved)]
    [InlineData("conin$", "_conin$", TorrentWarningCode.NameReserved)]
    [InlineData("CONOUT$", "_CONOUT$", TorrentWarningCode.NameReserved)]
    [InlineData("name.", "name", TorrentWarningCode.NameTrailingDotOrSpace)]
    [InlineData("name ", "name", TorrentWarningCode.NameTrailingDotOrSpace)]
    [InlineData("name. . ", "name", TorrentWarningCode.NameTrailingDotOrSpace)]
    public void An_unsafe_name_is_made_safe_and_the_original_kept(string name, string safe, TorrentWarningCode warning)
    {
        TorrentMetainfo torrent = Samples.WithNames([name]);
        Assert.Equal("top/" + safe, torrent.Files[0].Path);
        Assert.Equal("top/" + DisplayText.Mark(name), torrent.Files[0].OriginalPath);
        TorrentWarning given = Assert.Single(torrent.Warnings);
        Assert.Equal((warning, "info.files[0]"), (given.Code, given.Location));
    }

    [Theory]
    [InlineData("plain.txt")]
    [InlineData(".hidden")]
    [InlineData("..double")]
    [InlineData(" leading space")]
    [InlineData("日本語 ファイル.txt")]
    [InlineData("👩‍👩‍👧 family.png")]
    [InlineData("e\u0301.txt")]
    [InlineData("CONSOLE")]
    [InlineData("com10")]
    [InlineData("COM")]
    [InlineData("a'b&c;d$e`f#g%h~i!j@k^l(m)n{o}p[q]r,s=t+u")]
    public void A_safe_name_is_unchanged(string name)
    {
        TorrentMetainfo torrent = Samples.WithNames([name]);
        Assert.Equal("top/" + name, torrent.Files[0].Path);
        Assert.Null(torrent.Files[0].OriginalPath);
        Assert.Empty(torrent.Warnings);
    }

    [Fact]
    public void Each_invalid_utf8_sequence_is_replaced()
    {
        TorrentMetainfo torrent = Samples.WithNames(
            [new byte[] { (byte)'a', 0xff, 0xfe, (byte)'b' }], [new byte[] { 0xc0, 0xae, 0xc0, 0xae }]);
        Assert.Equal(["top/a__b", "top/____"], torrent.Files.Select(f => f.Path));
        Assert.Equal("top/a\ufffd\ufffdb", torrent.Files[0].OriginalPath);
        Assert.All(torrent.Warnings, w => Assert.Equal(TorrentWarningCode.NameNotUtf8, w.Code));
    }

    [Fact]
    public void Relative_and_empty_folder_names_do_not_leave_the_folder()
    {
        TorrentMetainfo torrent =
            Samples.WithNames(["..", "..", "etc", "passwd"], ["", "abs.txt"], ["a", ".", "b.txt"]);
        Assert.Equal(["top/_/_/etc/passwd", "top/abs.txt", "top/a/b.txt"], torrent.Files.Select(f => f.Path));
        Assert.Equal(
            ["top/../../etc/passwd", "top//abs.txt", "top/a/./b.txt"], torrent.Files.Select(f => f.OriginalPath));
        Assert.All(torrent.Warnings, w => Assert.Equal(TorrentWarningCode.NameRelative, w.Code));
    }

    [Fact]
    public void The_name_of_the_torrent_is_made_safe()
    {
        Dict source = Samples.MultiFile(Samples.File(1, "a"));
        ((Dict)source["info"])["name"] = "../up";
        TorrentMetainfo torrent = Samples.Parse(source);
        Assert.Equal((".._up", "../up"), (torrent.Name, torrent.OriginalName));
        Assert.Equal((".._up/a", "../up/a"), (torrent.Files[0].Path, torrent.Files[0].OriginalPath));
        Assert.Equal("info.name", Assert.Single(torrent.Warnings).Location);
    }

    [Theory]
    [InlineData("a", 300, ".mkv")]
    [InlineData("é", 200, ".tar")]
    [InlineData("日", 100, "")]
    [InlineData("😀", 80, ".x")]
    public void A_long_name_is_cut_between_characters_and_keeps_its_extension(
        string letter, int times, string extension)
    {
        TorrentMetainfo torrent = Samples.WithNames([string.Concat(Enumerable.Repeat(letter, times)) + extension]);
        string name = torrent.Files[0].Path["top/".Length..];
        Assert.InRange(Encoding.UTF8.GetByteCount(name), 255 - 3, 255);
        Assert.EndsWith(extension, name, StringComparison.Ordinal);
        Assert.Equal(
            name[..^extension.Length],
            string.Concat(Enumerable.Repeat(letter, (name.Length - extension.Length) / letter.Length)));
        Assert.Equal(TorrentWarningCode.NameTooLong, Assert.Single(torrent.Warnings).Code);
    }

    [Fact]
    public void A_reserved_name_of_maximum_length_stays_within_it()
    {
        TorrentMetainfo torrent = Samples.WithNames(["con." + new string('x', 251)]);
        Assert.Equal("top/_con." + new string('x', 250), torrent.Files[0].Path);
    }

    [Fact]
    public void Names_that_differ_only_in_case_are_numbered()
    {
        TorrentMetainfo torrent = Samples.WithNames(["bar.txt"], ["Bar.txt"], ["BAR.TXT"], ["sub", "bar.txt"]);
        Assert.Equal(
            ["top/bar.txt", "top/Bar.1.txt", "top/BAR.2.TXT", "top/sub/bar.txt"], torrent.Files.Select(f => f.Path));
        Assert.Equal(
            [TorrentWarningCode.NameCollision, TorrentWarningCode.NameCollision], torrent.Warnings.Select(w => w.Code));
        Assert.Equal("top/Bar.txt", torrent.Files[1].OriginalPath);
    }

    [Theory]
    [InlineData("caf\u00e9.txt", "cafe\u0301.txt")]
    [InlineData("CAF\u00c9.txt", "cafe\u0301.txt")]
    [InlineData("\u212b", "\u00e5")]
    [InlineData("\uac01", "\u1100\u1161\u11a8")]
    [InlineData("q\u0307\u0323", "q\u0323\u0307")]
    [InlineData("\u1ec7", "e\u0302\u0323")]
    [InlineData("ж", "Ж")]
    public void Names_that_differ_only_in_unicode_form_are_numbered(string first, string second)
    {
        TorrentMetainfo torrent = Samples.WithNames([first], [second]);
        Assert.Equal("top/" + first, torrent.Files[0].Path);
        Assert.NotEqual("top/" + second, torrent.Files[1].Path);
        Assert.Contains(".1", torrent.Files[1].Path, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("e\u0301", "e\u0300")]
    [InlineData("q\u0301\u0302", "q\u0302\u0301")]
    [InlineData("\uac00", "\uac01")]
    public void Names_that_only_look_alike_are_not_numbered(string first, string second) =>
        Assert.Empty(Samples.WithNames([first], [second]).Warnings);

    [Fact]
    public void A_repeated_name_gets_a_number_that_is_not_in_use()
    {
        TorrentMetainfo torrent = Samples.WithNames(["a"], ["a.1"], ["a"], ["a"], [".bashrc"], [".bashrc"]);
        Assert.Equal(
            ["top/a", "top/a.1", "top/a.2", "top/a.3", "top/.bashrc", "top/.bashrc.1"],
            torrent.Files.Select(f => f.Path));
    }

    [Fact]
    public void A_file_and_a_folder_with_the_same_name_get_different_names()
    {
        TorrentMetainfo torrent = Samples.WithNames(["v1.0"], ["v1.0", "x"], ["V1.0", "y"], ["v1.0", "z"]);
        Assert.Equal(["top/v1.0", "top/v1.0.1/x", "top/V1.0.2/y", "top/v1.0.1/z"], torrent.Files.Select(f => f.Path));
        Assert.Equal("top/v1.0/z", torrent.Files[3].OriginalPath);
    }

    [Fact]
    public void A_numbered_name_stays_within_the_maximum_length()
    {
        string name = new string('x', 251) + ".bin";
        TorrentMetainfo torrent = Samples.WithNames([name], [name]);
        string second = torrent.Files[1].Path["top/".Length..];
        Assert.EndsWith("x.1.bin", second, StringComparison.Ordinal);
        Assert.InRange(second.Length, 240, 255);
    }

    [Fact]
    public void A_warning_is_shown_with_its_location_if_it_has_one()
    {
        var named = new TorrentWarning(TorrentWarningCode.NameReserved, "info.name", "A name is reserved.");
        Assert.Equal("info.name: A name is reserved.", named.ToString());
        Assert.Equal("A name is reserved.", (named with { Location = "" }).ToString());
    }

    [Fact]
    public void The_number_of_warnings_is_limited()
    {
        Dict source = Samples.MultiFile([.. Enumerable.Range(0, 50).Select(_ => Samples.File(1, "same"))]);
        IReadOnlyList<TorrentWarning> warnings =
            Samples.Parse(source, new MetainfoLimits { MaxWarnings = 10 }).Warnings;
        Assert.Equal(11, warnings.Count);
        Assert.Equal(TorrentWarningCode.MoreWarnings, warnings[^1].Code);
    }

    [Fact]
    public void Pad_files_need_no_path_and_never_collide()
    {
        Dict pad = new() { ["attr"] = "p", ["length"] = 5 };
        TorrentMetainfo torrent =
            Samples.Parse(Samples.MultiFile(Samples.File(1, "a"), pad, Samples.File(1, "b"), pad));
        Assert.Equal(["top/a", "top/.pad/5", "top/b", "top/.pad/5"], torrent.Files.Select(f => f.Path));
        Assert.Equal(2, torrent.Size);
        Assert.Empty(torrent.Warnings);
    }
}
