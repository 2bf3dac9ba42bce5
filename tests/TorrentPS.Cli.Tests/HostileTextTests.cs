using System.Net;
using System.Net.Sockets;
using System.Text;
using TorrentPS.Cli.Rendering;
using TorrentPS.Engine;

namespace TorrentPS.Cli.Tests;

/// <summary>
/// Text of torrents, magnet links and trackers in the output of every command: it must not control the terminal, and a
/// spreadsheet must not run it.
/// </summary>
public sealed class HostileTextTests : IDisposable
{
    private const string Hostile = "a\u001b[31m\u001b]0;x\u0007\r\nb\u009b2J\u202egpj\u2066\u200bc";
    private const string Link = "magnet:?xt=urn:btih:c12fe1c06bba254a9dc9f519b335aa7c1367a88a";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("torrentps-hostile-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task No_command_writes_control_or_bidi_characters_from_outside()
    {
        await using var tracker = new HostileTracker();
        string torrent = Path.Combine(_folder.FullName, "hostile.torrent");
        await File.WriteAllBytesAsync(torrent, Torrent(tracker.Url));
        string broken = Path.Combine(_folder.FullName, "broken\u001b]0;x\u0007.torrent");
        await File.WriteAllBytesAsync(broken, Torrent(tracker.Url)[..^50]);
        string evil = Uri.EscapeDataString(Hostile);
        string link = $"{Link}&dn={evil}&tr={Uri.EscapeDataString(tracker.Url)}";
        string data = _folder.CreateSubdirectory("data").FullName;
        string content = Path.Combine(data, "content");
        Directory.CreateDirectory(content);
        await File.WriteAllTextAsync(Path.Combine(content, OperatingSystem.IsWindows() ? "x" : Hostile), "content");
        string created = Path.Combine(_folder.FullName, "created.torrent");
        string[][] commands =
        [
            ["info", torrent],
            ["info", torrent, "--json"],
            ["info", broken],
            ["info", link, "--timeout", "1", .. Tool.NoDiscovery],
            ["info", $"magnet:?xt=urn:btih:{evil}"],
            ["magnet", torrent],
            ["verify", torrent, "--data", data],
            ["verify", torrent, "--data", data, "--json"],
            ["create", content, "--output", created, "--comment", Hostile, "--source", Hostile],
            ["peers", torrent],
            ["peers", link],
            ["dht", "find", evil],
            ["seed", torrent, "--data", data, "--port", "0", .. Tool.NoDiscovery],
        ];

        foreach (string[] command in commands)
        {
            Outcome outcome = await Tool.RunAsync(command);
            AssertDisplayable(command, outcome);
        }
    }

    [Fact]
    public async Task The_events_of_a_download_are_displayable()
    {
        await using var tracker = new HostileTracker();
        string log = Path.Combine(_folder.FullName, "events.jsonl");
        string link = $"{Link}&dn={Uri.EscapeDataString(Hostile)}&tr={Uri.EscapeDataString(tracker.Url)}";
        using var interrupt = new CancellationTokenSource();
        Task<Outcome> download = Tool.RunAsync(
            interrupt.Token,
            ["download", link, "--destination", _folder.FullName, "--port", "0", "--log", log, .. Tool.NoDiscovery]);
        await tracker.Asked.WaitAsync(Tool.Limit);
        await interrupt.CancelAsync();
        AssertDisplayable(["download"], await download);
        AssertDisplayable(["log"], new Outcome(0, await File.ReadAllLinesAsync(log), []));
    }

    [Theory]
    [InlineData("=cmd|' /C calc'!A0", "\"'=cmd|' /C calc'!A0\"")]
    [InlineData("+1", "'+1")]
    [InlineData("-1", "'-1")]
    [InlineData("@SUM(A1)", "'@SUM(A1)")]
    [InlineData("＝1+1", "'＝1+1")]
    [InlineData("qBittorrent 5.1", "qBittorrent 5.1")]
    public void A_formula_in_CSV_gets_an_apostrophe_unless_it_is_kept(string client, string expected)
    {
        PeerRecord found = PeerRecord.Create("t", "h", new IPEndPoint(IPAddress.Loopback, 1), PeerSource.Tracker);
        PeerRecord peer = found with { Client = client, Progress = -1 };
        Assert.Equal(expected.Trim('"'), Client(peer, keepFormulas: false));
        Assert.Equal(client, Client(peer, keepFormulas: true));
    }

    private static string Client(PeerRecord peer, bool keepFormulas)
    {
        var csv = new StringWriter();
        PeerCsv.Write(csv, [peer], keepFormulas);
        string line = csv.ToString().Split(Environment.NewLine)[1];
        Assert.Contains(",-1,", line, StringComparison.Ordinal);
        return line.Split(',')[3];
    }

    private static void AssertDisplayable(string[] command, Outcome outcome)
    {
        foreach (string line in outcome.Out.Concat(outcome.Error))
        {
            Assert.True(
                !line.Any(IsHarmful),
                $"{command[0]}: {string.Join(' ', line.Select(c => char.IsAsciiLetterOrDigit(c) ? $"{c}" : $"{(int)c:x4}"))}");
        }
    }

    /// <summary>
    /// Control characters, line separators, and characters that change the text direction. File names may have other
    /// invisible characters, such as the joiners of emoji and of Persian.
    /// </summary>
    private static bool IsHarmful(char c) =>
        char.IsControl(c) || c is '\u061c' or '\u200e' or '\u200f' or (>= '\u2028' and <= '\u202e')
            or (>= '\u2066' and <= '\u2069');

    private static byte[] Torrent(string tracker)
    {
        byte[] name = Encoding.UTF8.GetBytes(Hostile);
        string text = Encoding.Latin1.GetString(name);
        string evil = $"{name.Length}:{text}";
        string torrent = $"d8:announce{tracker.Length}:{tracker}7:comment{evil}10:created by{evil}4:infod5:filesl"
            + $"d6:lengthi1e4:pathl{evil}eed4:attr1:l6:lengthi9e4:pathl1:le12:symlink pathl{evil}eee4:name{evil}"
            + $"12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaa6:source{evil}ee";
        return Encoding.Latin1.GetBytes(torrent);
    }

    /// <summary>An HTTP tracker whose every answer is a failure with hostile text.</summary>
    private sealed class HostileTracker : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Task _serving;

        public HostileTracker()
        {
            _listener.Start();
            _serving = ServeAsync();
        }

        public string Url => $"http://{_listener.LocalEndpoint}/announce";

        /// <summary>Completes when the first answer was sent.</summary>
        public Task Asked => _asked.Task;

        public async ValueTask DisposeAsync()
        {
            _listener.Stop();
            await _serving;
        }

        private async Task ServeAsync()
        {
            byte[] reason = Encoding.UTF8.GetBytes(Hostile);
            byte[] body = [.. Encoding.ASCII.GetBytes($"d14:failure reason{reason.Length}:"), .. reason, (byte)'e'];
            byte[] head = Encoding.ASCII.GetBytes(
                $"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n");
            try
            {
                while (true)
                {
                    using TcpClient client = await _listener.AcceptTcpClientAsync();
                    var request = new StreamReader(client.GetStream());
                    while (await request.ReadLineAsync() is { Length: > 0 })
                    {
                    }

                    await client.GetStream().WriteAsync((byte[])[.. head, .. body]);
                    _asked.TrySetResult();
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or IOException)
            {
                // The listener was stopped.
            }
        }
    }
}
