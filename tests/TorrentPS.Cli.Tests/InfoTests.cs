using System.Text.Json;

namespace TorrentPS.Cli.Tests;

public sealed class InfoTests
{
    [Fact]
    public async Task Json_has_the_property_names_of_the_PowerShell_objects()
    {
        using Workspace space = await Workspace.CreateAsync(
            "--tracker", "http://one.example/announce", "--tracker", "udp://two.example:6969/announce", "--private",
                "--comment", "a remark", "--source", "here");

        Outcome outcome = await Tool.RunAsync("info", space.Torrent, "--json");

        Assert.Equal(0, outcome.Code);
        Assert.Single(outcome.Out);
        JsonElement info = outcome.Result;
        Assert.Equal("content", info.GetProperty("Name").GetString());
        Assert.Equal(81_921 + 100_000 + 10, info.GetProperty("Size").GetInt64());
        Assert.Equal(16 << 10, info.GetProperty("PieceLength").GetInt32());
        Assert.Equal(12, info.GetProperty("PieceCount").GetInt32());
        Assert.Matches("^[0-9a-f]{40}$", info.GetProperty("InfoHash").GetString());
        Assert.Equal(JsonValueKind.Null, info.GetProperty("InfoHashV2").ValueKind);
        Assert.Equal("V1", info.GetProperty("Version").GetString());
        Assert.True(info.GetProperty("IsPrivate").GetBoolean());
        Assert.Equal("a remark", info.GetProperty("Comment").GetString());
        Assert.Equal("here", info.GetProperty("Source").GetString());
        Assert.StartsWith("magnet:?xt=urn:btih:", info.GetProperty("Magnet").GetString(), StringComparison.Ordinal);
        Assert.Equal([(0, "http://one.example/announce"), (1, "udp://two.example:6969/announce")],
            info.GetProperty("Trackers").EnumerateArray()
                .Select(tracker => (tracker.GetProperty("Tier").GetInt32(), tracker.GetProperty("Url").GetString()!)));
        Assert.Equal(["content/a.bin", "content/empty", "content/sub/ünï.bin", "content/z.txt"],
            info.GetProperty("Files").EnumerateArray().Select(file => file.GetProperty("Path").GetString()!));
    }

    [Theory]
    [InlineData("2", false, true)]
    [InlineData("hybrid", true, true)]
    public async Task Each_version_has_its_hashes(string version, bool first, bool second)
    {
        using Workspace space = await Workspace.CreateAsync("--version", version);

        JsonElement info = (await Tool.RunAsync("info", space.Torrent, "--json")).Result;

        Assert.Equal(first, info.GetProperty("InfoHash").GetString() is { Length: 40 });
        Assert.Equal(second, info.GetProperty("InfoHashV2").GetString() is { Length: 64 });
    }

    [Fact]
    public async Task Text_has_the_name_the_size_and_the_files()
    {
        using Workspace space = await Workspace.CreateAsync();

        Outcome outcome = await Tool.RunAsync("info", space.Torrent);

        Assert.Contains(outcome.Out, line => line.StartsWith("Name", StringComparison.Ordinal)
            && line.EndsWith("content", StringComparison.Ordinal));
        Assert.Contains(outcome.Out, line => line.Contains("178 KiB", StringComparison.Ordinal)
            && line.Contains("4 files", StringComparison.Ordinal));
        Assert.Contains(outcome.Out, line => line.EndsWith("content/sub/ünï.bin", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_invalid_torrent_gives_exit_code_3_and_one_line_and_the_others_are_shown()
    {
        using Workspace space = await Workspace.CreateAsync();
        string bad = Path.Combine(space.Folder, "bad.torrent");
        await File.WriteAllTextAsync(bad, "d4:infoi1ee");

        Outcome outcome = await Tool.RunAsync("info", bad, space.Torrent, "--json");

        Assert.Equal(3, outcome.Code);
        Assert.StartsWith(
            $"torrentps: {bad}: not a valid torrent: ", Assert.Single(outcome.Error), StringComparison.Ordinal);
        Assert.Equal("content", outcome.Result.GetProperty("Name").GetString());
    }

    [Fact]
    public async Task A_torrent_with_bytes_after_it_is_shown_with_a_warning()
    {
        using Workspace space = await Workspace.CreateAsync();
        await File.AppendAllTextAsync(space.Torrent, "\n");

        Outcome text = await Tool.RunAsync("info", space.Torrent);
        Outcome json = await Tool.RunAsync("info", space.Torrent, "--json");

        Assert.Equal((0, 0), (text.Code, json.Code));
        Assert.Single(text.Out, "Warning      Bytes after the torrent were ignored: 1.");
        Assert.Equal(1, json.Result.GetProperty("Warnings").GetArrayLength());
    }

    [Fact]
    public async Task Passkeys_are_hidden_in_text_and_errors_and_kept_in_json()
    {
        const string passkey = "0a1b2c3d4e5f6071";
        const string url = $"http://127.0.0.1:1/{passkey}/announce?passkey={passkey}";
        using Workspace space = await Workspace.CreateAsync("--tracker", url);

        Outcome text = await Tool.RunAsync("info", space.Torrent);
        Outcome json = await Tool.RunAsync("info", space.Torrent, "--json");
        Outcome peers = await Tool.RunAsync("peers", space.Torrent);

        Assert.DoesNotContain(text.Out.Concat(peers.Out).Concat(peers.Error), line => line.Contains(passkey));
        Assert.Single(text.Out, "Tracker      http://127.0.0.1:1/***/announce?passkey=*** (tier 0)");
        Assert.Contains("http://127.0.0.1:1/***/announce?passkey=***", peers.Error[0], StringComparison.Ordinal);
        Assert.Equal(url, json.Result.GetProperty("Trackers")[0].GetProperty("Url").GetString());
    }

    [Fact]
    public async Task A_missing_file_gives_exit_code_1()
    {
        Outcome outcome = await Tool.RunAsync("info", "/nowhere/at all.torrent");

        Assert.Equal(1, outcome.Code);
        Assert.Contains("/nowhere/at all.torrent", Assert.Single(outcome.Error), StringComparison.Ordinal);
    }
}
