using System.Text.Json;

namespace TorrentPS.Cli.Tests;

public sealed class VerifyTests
{
    [Theory]
    [InlineData("1")]
    [InlineData("2")]
    [InlineData("hybrid")]
    public async Task Content_matches_a_torrent_that_was_just_created(string version)
    {
        using Workspace space = await Workspace.CreateAsync("--version", version);

        Outcome outcome = await Tool.RunAsync("verify", space.Torrent, "--data", space.Data, "--json");

        Assert.Equal(0, outcome.Code);
        Assert.True(outcome.Result.GetProperty("IsComplete").GetBoolean());
        Assert.Equal(100, outcome.Result.GetProperty("Progress").GetDouble());
    }

    [Fact]
    public async Task A_wrong_byte_is_reported_with_its_piece_and_file()
    {
        using Workspace space = await Workspace.CreateAsync();
        using (FileStream file = File.OpenWrite(Path.Combine(space.Content, "a.bin")))
        {
            file.Position = 3 * (16 << 10);
            file.WriteByte(0xAA);
            file.WriteByte(0x55);
        }

        Outcome outcome = await Tool.RunAsync("verify", space.Torrent, "--data", space.Data, "--json");

        Assert.Equal(1, outcome.Code);
        Assert.Contains("does not match", Assert.Single(outcome.Error), StringComparison.Ordinal);
        JsonElement check = outcome.Result;
        Assert.False(check.GetProperty("IsComplete").GetBoolean());
        Assert.Equal(["3"], check.GetProperty("BadPieces").EnumerateArray().Select(piece => piece.GetString()!));
        JsonElement wrong = Assert.Single(
            check.GetProperty("Files").EnumerateArray(), file => !file.GetProperty("IsComplete").GetBoolean());
        Assert.Equal("content/a.bin", wrong.GetProperty("Path").GetString());
    }

    [Fact]
    public async Task Content_under_another_name_is_verified()
    {
        using Workspace space = await Workspace.CreateAsync();
        string other = Path.Combine(space.Folder, "another name");
        Directory.Move(space.Content, other);

        Outcome outcome = await Tool.RunAsync("verify", space.Torrent, "--data", other);
        Outcome missing = await Tool.RunAsync("verify", space.Torrent, "--data", space.NewFolder("empty"));

        Assert.Equal(0, outcome.Code);
        Assert.Equal(1, missing.Code);
        Assert.Contains(
            "contains no folder named 'content' and no file of the torrent",
            Assert.Single(missing.Error),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_file_is_reported()
    {
        using Workspace space = await Workspace.CreateAsync();
        File.Delete(Path.Combine(space.Content, "empty"));

        Outcome outcome = await Tool.RunAsync("verify", space.Torrent, "--data", space.Data);

        Assert.Equal(1, outcome.Code);
        Assert.Contains(outcome.Out, line => line.Contains("missing", StringComparison.Ordinal)
            && line.EndsWith("content/empty", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Creating_a_torrent_of_a_missing_file_fails_with_one_line()
    {
        Outcome outcome = await Tool.RunAsync("create", "/nowhere/at all", "--output", "/nowhere/x.torrent");

        Assert.Equal(1, outcome.Code);
        Assert.Single(outcome.Error);
    }
}
