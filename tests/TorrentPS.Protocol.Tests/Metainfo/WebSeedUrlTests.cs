using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Protocol.Tests.Metainfo;

public sealed class WebSeedUrlTests
{
    [Theory]
    [InlineData("http://host/a", true)]
    [InlineData("HTTPS://host", true)]
    [InlineData("ftp://host/a", false)]
    [InlineData("file:///etc/passwd", false)]
    [InlineData("/a", false)]
    [InlineData("host/a", false)]
    [InlineData("http://", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void Only_http_and_https_URLs_are_web_seeds(string? text, bool isOne) =>
        Assert.Equal(isOne, WebSeedUrl.TryParse(text, out _));

    [Theory]
    [InlineData("http://host/dir/other.bin", "http://host/dir/other.bin")]
    [InlineData("http://host/dir/", "http://host/dir/my%20file%23.bin")]
    [InlineData("http://host", "http://host/my%20file%23.bin")]
    [InlineData("https://host:8443/get?id=1&x=a%2Fb#part", "https://host:8443/get?id=1&x=a%2Fb")]
    [InlineData("http://host/a b", "http://host/a%20b")]
    public void The_URL_of_a_single_file_is_the_seeds_or_lies_in_the_seeds_folder(string seed, string url) =>
        Assert.Equal(url, UrlsOf(seed, Single("my file#.bin")).Single());

    [Theory]
    [InlineData("http://host/dir/", "http://host/dir/")]
    [InlineData("http://host/dir", "http://host/dir/")]
    [InlineData("http://host", "http://host/")]
    [InlineData("http://host/get?dir=x/", "http://host/get?dir=x/")]
    public void The_paths_of_files_in_folders_are_appended_to_the_seeds_URL(string seed, string root)
    {
        TorrentMetainfo torrent = Samples.WithNames(["a.bin"], ["sub", "b?.bin"], ["100%", "ü+ß"], ["CON"]);
        Assert.Equal(
            [$"{root}top/a.bin", $"{root}top/sub/b%3F.bin", $"{root}top/100%25/%C3%BC%2B%C3%9F", $"{root}top/CON"],
                UrlsOf(seed, torrent));
    }

    [Fact]
    public void A_path_that_leaves_the_folder_or_is_not_utf8_has_no_URL()
    {
        TorrentMetainfo torrent =
            Samples.WithNames(["..", "up"], [".", "here"], [new byte[] { 0xff, 0x41 }], ["...", "fine"]);
        Assert.Equal(
            ["none", "http://host/top/here", "none", "http://host/top/.../fine"], UrlsOf("http://host/", torrent));
    }

    private static TorrentMetainfo Single(string name)
    {
        Dict torrent = Samples.SingleFile();
        ((Dict)torrent["info"])["name"] = name;
        return Samples.Parse(torrent);
    }

    private static string[] UrlsOf(string seed, TorrentMetainfo torrent)
    {
        Assert.True(WebSeedUrl.TryParse(seed, out Uri? uri));
        return [.. torrent.Files.Select(file => WebSeedUrl.ForFile(uri, torrent, file)?.AbsoluteUri ?? "none")];
    }
}
