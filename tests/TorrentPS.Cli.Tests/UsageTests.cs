namespace TorrentPS.Cli.Tests;

public sealed class UsageTests
{
    [Theory]
    [InlineData("")]
    [InlineData("bogus")]
    [InlineData("info")]
    [InlineData("info a.torrent --bogus")]
    [InlineData("download a.torrent")]
    [InlineData("download a.torrent --destination d --strategy fastest")]
    [InlineData("download a.torrent --destination d --peer nobody")]
    [InlineData("download a.torrent --destination d --peer 1.2.3.4:0")]
    [InlineData("download a.torrent --destination d --peer 1.2.3.4:70000")]
    [InlineData("download a.torrent --destination d --port 65536")]
    [InlineData("download a.torrent --destination d --bind nowhere")]
    [InlineData("download a.torrent --destination d --download-limit fast")]
    [InlineData("download a.torrent --destination d --download-limit 0")]
    [InlineData("download a.torrent --destination d --pieces 0")]
    [InlineData("download a.torrent --destination d --seed-ratio -1")]
    [InlineData("download a.torrent --destination d --timeout soon")]
    [InlineData("download a.torrent --destination d --stall-timeout 0")]
    [InlineData("download a.torrent --destination d --seed --seed-ratio 1")]
    [InlineData("download a.torrent --destination d --quiet --json")]
    [InlineData("download a.torrent --destination d --choker generous")]
    [InlineData("download a.torrent --destination d --slots -1")]
    [InlineData("download a.torrent --destination d --super-seeding")]
    [InlineData("seed a.torrent")]
    [InlineData("seed a.torrent --data d --choker generous")]
    [InlineData("seed a.torrent --data d --dht-bootstrap nowhere")]
    [InlineData("seed a.torrent --data d --no-dht --dht-bootstrap host:1")]
    [InlineData("seed a.torrent --data d --peer-cache http://host/")]
    [InlineData("dht")]
    [InlineData("dht find")]
    [InlineData("dht find 12345")]
    [InlineData("dht find 0123456789012345678901234567890123456789 --no-dht")]
    [InlineData("dht find 0123456789012345678901234567890123456789 --count 0")]
    [InlineData("peers a.torrent --json --csv")]
    [InlineData("create x")]
    [InlineData("create x --output y --version 3")]
    [InlineData("create x --output y --piece-length 20000")]
    [InlineData("create x --output y --tracker ftp://x/")]
    [InlineData("create x --output y --web-seed ftp://x/")]
    [InlineData("verify a.torrent")]
    [InlineData("demo --size 0")]
    public async Task An_invalid_command_line_gives_exit_code_2_and_one_line(string line)
    {
        Outcome outcome = await Tool.RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(2, outcome.Code);
        Assert.Empty(outcome.Out);
        string error = Assert.Single(outcome.Error);
        Assert.StartsWith("torrentps: ", error, StringComparison.Ordinal);
        Assert.Contains("--help", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("download --help")]
    [InlineData("demo --help")]
    public async Task Help_is_written_to_standard_output_with_exit_code_0(string line)
    {
        Outcome outcome = await Tool.RunAsync(line.Split(' '));

        Assert.Equal(0, outcome.Code);
        Assert.Empty(outcome.Error);
        Assert.Contains(outcome.Out, text => text.Contains("Usage:", StringComparison.Ordinal));
    }
}
