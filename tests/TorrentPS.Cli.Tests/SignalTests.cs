using System.Diagnostics;
using TorrentPS.Cli.Demo;

namespace TorrentPS.Cli.Tests;

/// <summary>Sends signals to the built executable.</summary>
public sealed class SignalTests
{
    [SkippableTheory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task A_signal_ends_a_download_without_peers_with_exit_code_130(string signal)
    {
        Skip.If(OperatingSystem.IsWindows(), "signals need Unix");
        using Workspace space = await Workspace.CreateAsync();
        using Process process = Tool.Start(["download", space.Torrent, "--destination", space.NewFolder("download"),
            "--bind", "127.0.0.1", .. Tool.NoDiscovery, "--port", "0", "--json"]);
        await UntilAsync(process, "\"Downloading\"");

        await SignalAsync(process, signal);

        Assert.Equal(130, process.ExitCode);
        string error = await process.StandardError.ReadToEndAsync();
        Assert.StartsWith(
            "torrentps: interrupted",
            Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)),
            StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task A_signal_ends_a_seed_with_exit_code_0_after_a_stopped_announce(string signal)
    {
        Skip.If(OperatingSystem.IsWindows(), "signals need Unix");
        await using var tracker = new DemoTracker();
        using Workspace space = await Workspace.CreateAsync("--tracker", tracker.AnnounceUrl);
        using Process process = Tool.Start(["seed", space.Torrent, "--data", space.Data, "--bind", "127.0.0.1",
            .. Tool.NoDiscovery, "--port", "0", "--json"]);
        await UntilAsync(process, "\"Seeding\"");
        await tracker.SeedKnown.WaitAsync(Tool.Limit);
        Assert.Equal(1, tracker.Count);

        await SignalAsync(process, signal);

        Assert.Equal(0, process.ExitCode);
        Assert.Equal(0, tracker.Count);
    }

    private static async Task UntilAsync(Process process, string text)
    {
        using var limit = new CancellationTokenSource(Tool.Limit);
        while (await process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
        {
            if (line.Contains(text, StringComparison.Ordinal))
                return;
        }

        Assert.Fail($"the process ended without {text}: {await process.StandardError.ReadToEndAsync(limit.Token)}");
    }

    private static async Task SignalAsync(Process process, string signal)
    {
        using (Process kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]))
            await kill.WaitForExitAsync();
        Task<string> rest = process.StandardOutput.ReadToEndAsync();
        using var limit = new CancellationTokenSource(Tool.Limit);
        await process.WaitForExitAsync(limit.Token);
        await rest;
    }
}
