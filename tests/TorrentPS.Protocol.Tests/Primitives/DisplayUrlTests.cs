using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Tests.Primitives;

public sealed class DisplayUrlTests
{
    [Theory]
    [InlineData("http://t.example/announce", "http://t.example/announce")]
    [InlineData("udp://t.example:6969/announce", "udp://t.example:6969/announce")]
    [InlineData("udp://[2001:db8::1]:6969", "udp://[2001:db8::1]:6969/")]
    [InlineData("https://t.example/v2/tracker/announce.php", "https://t.example/v2/tracker/announce.php")]
    [InlineData("https://t.example/announce?passkey=0a1b2c", "https://t.example/announce?passkey=***")]
    [InlineData("https://t.example/announce?uid=7&pk=x", "https://t.example/announce?uid=***&pk=***")]
    [InlineData("https://t.example/announce?0a1b2c3d", "https://t.example/announce?***")]
    [InlineData("https://t.example:8443/0a1b2c3d4e5f/announce", "https://t.example:8443/***/announce")]
    [InlineData("https://t.example/announce.php/abcdefghijklmnopqrst", "https://t.example/announce.php/***")]
    [InlineData("https://t.example/12345/announce", "https://t.example/***/announce")]
    [InlineData("https://me:secret@t.example/announce", "https://***@t.example/announce")]
    [InlineData("https://t.example/announce#secret", "https://t.example/announce#***")]
    [InlineData("tracker?key=secret", "tracker?***")]
    public void Secrets_of_a_tracker_are_hidden(string url, string expected) =>
        Assert.Equal(expected, DisplayUrl.OfTracker(url));

    [Fact]
    public void The_path_of_a_web_seed_is_shown() =>
        Assert.Equal(
            "https://***@seed.example/linux/debian-13.1.0-amd64.iso?token=***",
            DisplayUrl.OfWebSeed(new Uri("https://me:secret@seed.example/linux/debian-13.1.0-amd64.iso?token=0a1b")));

    [Fact]
    public void Secrets_of_a_magnet_link_are_hidden_and_the_rest_is_unchanged()
    {
        MagnetLink link = new()
        {
            InfoHash = InfoHash.Parse("c12fe1c06bba254a9dc9f519b335aa7c1367a88a"),
            DisplayName = "a b",
            Trackers = ["https://t.example/announce?passkey=0a1b2c", "udp://open.example:1/announce"],
        };
        string shown = DisplayUrl.OfMagnet(link.ToString());
        Assert.DoesNotContain("0a1b2c", shown, StringComparison.Ordinal);
        MagnetLink read = MagnetLink.Parse(shown);
        Assert.Equal((link.InfoHash, link.DisplayName), (read.InfoHash, read.DisplayName));
        Assert.Equal(["https://t.example/announce?passkey=***", "udp://open.example:1/announce"], read.Trackers);
    }

    [Theory]
    [InlineData("no link at all")]
    [InlineData("magnet:?xt=urn:btih:zz&tr=http%3A%2F%2Ft%2Fannounce%3Fpasskey%3D***")]
    public void Text_without_a_secret_is_unchanged(string text) => Assert.Equal(text, DisplayUrl.OfMagnet(text));

    [Theory]
    [InlineData("https://t.example/announce?passkey=0a1b2c3d", "Unknown passkey 0a1b2c3d.", "Unknown passkey ***.")]
    [InlineData("https://t.example/0a1b2c3d/announce", "Cannot open /0a1b2c3d/announce", "Cannot open /***/announce")]
    [InlineData("https://t.example/announce?passkey=a%2Fb%2Fc%2Fd", "Unknown: a/b/c/d", "Unknown: ***")]
    [InlineData("https://t.example/announce?compact=1", "Error 1 of 1.", "Error 1 of 1.")]
    public void Secrets_are_hidden_in_what_a_tracker_says(string url, string message, string expected) =>
        Assert.Equal(expected, DisplayUrl.HideIn(message, new Uri(url)));
}
