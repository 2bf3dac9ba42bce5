using System.Text.Json;

namespace TorrentPS.Cli.Tests;

/// <summary>What the console shows of trackers: counts from scrapes, and the message of a tracker that fails.</summary>
public sealed class TrackerTests : IAsyncLifetime, IDisposable
{
    private const string Failure = "torrent is not registered here";

    private readonly FakeTracker _counting = new("announces are refused", refusesScrapes: false);
    private readonly FakeTracker _failing = new(Failure, refusesScrapes: true);
    private Workspace _space = null!;

    public async Task InitializeAsync() => _space = await Workspace.CreateAsync(
        "--tracker", _counting.AnnounceUrl, "--tracker", _failing.AnnounceUrl + "?passkey=0123456789abcdef");

    public void Dispose()
    {
        _counting.Dispose();
        _failing.Dispose();
        _space.Dispose();
    }

    Task IAsyncLifetime.DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Trackers_are_listed_with_their_counts_and_their_messages()
    {
        Outcome outcome = await Tool.RunAsync("peers", _space.Torrent, "--trackers");

        Assert.Equal(0, outcome.Code);
        Assert.Empty(outcome.Error);
        Assert.Equal(3, outcome.Out.Length);
        Assert.Equal(
            ["Tier", "State", "Seeds", "Leeches", "Completed", "Tracker", "Remark"], Words(outcome.Out[0]));
        Assert.Equal(["0", "Working", "7", "3", "42", _counting.AnnounceUrl], Words(outcome.Out[1]));
        Assert.Equal(["1", "Failed", $"{_failing.AnnounceUrl}?passkey=***"], Words(outcome.Out[2])[..3]);
        Assert.Contains(Failure, outcome.Out[2]);
        Assert.All(_counting.Requests.Concat(_failing.Requests), path => Assert.Equal("/scrape", path));
    }

    [Fact]
    public async Task Trackers_are_listed_as_JSON()
    {
        Outcome outcome = await Tool.RunAsync("peers", _space.Torrent, "--trackers", "--json");

        JsonElement[] trackers = [.. outcome.Out.Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(2, trackers.Length);
        Assert.Equal("Working", trackers[0].GetProperty("State").GetString());
        Assert.Equal(7, trackers[0].GetProperty("Seeds").GetInt32());
        Assert.Equal(3, trackers[0].GetProperty("Leeches").GetInt32());
        Assert.Equal(42, trackers[0].GetProperty("Completed").GetInt32());
        Assert.Equal("Failed", trackers[1].GetProperty("State").GetString());
        Assert.Equal(1, trackers[1].GetProperty("Tier").GetInt32());
        Assert.Contains(Failure, trackers[1].GetProperty("ScrapeFailure").GetString());
    }

    [Theory]
    [InlineData("download", "--destination")]
    [InlineData("seed", "--data")]
    public async Task A_transfer_whose_trackers_all_fail_warns_with_their_messages(string command, string option)
    {
        string folder = command == "seed" ? _space.Data : _space.NewFolder("download");
        using var interruption = new CancellationTokenSource(Tool.Limit);
        using var error = new WatchedWriter(Failure, interruption.Cancel);

        await CommandLine.RunAsync(
            [command, _space.Torrent, option, folder, "--port", "0", "--bind", "127.0.0.1", .. Tool.NoDiscovery],
            new Terminal(TextWriter.Null, error, false),
            interruption.Token).WaitAsync(Tool.Limit);

        string warning = Assert.Single(
            error.Lines, line => line.StartsWith("torrentps: warning: ", StringComparison.Ordinal));
        Assert.Contains("All trackers of 'content' fail.", warning);
        Assert.Contains("announces are refused", warning);
        Assert.Contains(Failure, warning);
        Assert.DoesNotContain("0123456789abcdef", warning);
    }

    [Theory]
    [InlineData("download", "--destination")]
    [InlineData("seed", "--data")]
    public async Task The_JSON_output_of_a_transfer_contains_the_warning(string command, string option)
    {
        string folder = command == "seed" ? _space.Data : _space.NewFolder("download");
        using var interruption = new CancellationTokenSource(Tool.Limit);
        using var output = new WatchedWriter(Failure, interruption.Cancel);

        await CommandLine.RunAsync(
            [
                command, _space.Torrent, option, folder, "--port", "0", "--bind", "127.0.0.1", .. Tool.NoDiscovery,
                "--json",
            ],
            new Terminal(output, TextWriter.Null, false),
            interruption.Token).WaitAsync(Tool.Limit);

        JsonElement result = JsonDocument.Parse(output.Lines[^1]).RootElement;
        string? warning = Assert.Single(result.GetProperty("Warnings").EnumerateArray()).GetString();
        Assert.Contains("All trackers of 'content' fail.", warning);
        Assert.Contains(Failure, warning);
    }

    private static string[] Words(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
