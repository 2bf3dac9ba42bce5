using System.CommandLine;
using System.Net;
using TorrentPS.Cli.Demo;
using TorrentPS.Cli.Options;
using TorrentPS.Cli.Rendering;
using TorrentPS.Engine;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Cli.Commands;

/// <summary>
/// <c>torrentps demo</c>: runs a tracker, a seed and a download in one process on loopback. Their files are in a
/// temporary folder.
/// </summary>
internal sealed class DemoCommand
{
    private const int DefaultSize = 64;

    /// <summary>
    /// Interval at which the list of connected peers is read after the first peer was seen. It is short, because a
    /// download can take less than a second.
    /// </summary>
    private static readonly TimeSpan s_peerPeriod = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// Interval at which the list of connected peers is read until the list has a peer. It is short, because a small
    /// download ends within milliseconds.
    /// </summary>
    private static readonly TimeSpan s_firstPeerPeriod = TimeSpan.FromMilliseconds(5);

    private readonly Terminal _terminal;
    private readonly Option<int?> _size =
        CommonOptions.Ranged("--size", $"Transfer MIB mebibytes. Default: {DefaultSize}.", "MIB", 1, 64 << 10);

    private DemoCommand(Terminal terminal) => _terminal = terminal;

    public static Command Create(Terminal terminal)
    {
        var self = new DemoCommand(terminal);
        const string description =
            "Demonstrate a transfer on this machine, with a tracker, a seed, a download and a check of the result.";
        var command = new Command("demo", description) { self._size };
        command.SetAction(
            (parsed, interrupted) => self.RunAsync(parsed.GetValue(self._size) ?? DefaultSize, interrupted));
        return command;
    }

    private async Task<int> RunAsync(int size, CancellationToken interrupted)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("torrentps-demo-");
        try
        {
            return await RunAsync(folder, (long)size << 20, interrupted);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private async Task<int> RunAsync(DirectoryInfo folder, long size, CancellationToken interrupted)
    {
        string served = folder.CreateSubdirectory("served").FullName;
        string received = folder.CreateSubdirectory("received").FullName;
        await using var tracker = new DemoTracker();
        DemoContent.Write(served, size);
        var options = new TorrentCreationOptions { Trackers = [[tracker.AnnounceUrl]], CreatedBy = "TorrentPS demo" };
        string content = Path.Combine(served, DemoContent.Name);
        TorrentMetainfo metainfo = TorrentMetainfo.Parse(
            await TorrentCreator.CreateAsync(content, options, cancellation: interrupted));
        _terminal.Out.WriteLine($"Tracker   {tracker.AnnounceUrl}");
        _terminal.Out.WriteLine(
            $"Torrent   {metainfo.Name}: {HumanText.Size(metainfo.Size)}, "
            + $"{HumanText.Count(metainfo.Files.Count, "file")}, "
            + $"{metainfo.PieceCount} pieces of {HumanText.Size(metainfo.PieceLength)}");
        _terminal.Out.WriteLine($"InfoHash  {metainfo.InfoHash}");

        var loopback = new SessionSettings
        {
            Port = 0,
            BindAddress = IPAddress.Loopback,
            EnableDht = false,
            EnableLsd = false,
            EnablePortMapping = false,
            PeerCache = PeerCacheLocation.None,
        };
        await using var seeding = new TorrentSession(loopback);
        Torrent seed = seeding.Add(
            metainfo, new TorrentSettings { Destination = served, Role = TorrentRole.Seed, StopWhen = StopWhen.Never });
        await Task.WhenAny(tracker.SeedKnown, seed.Completion).WaitAsync(interrupted);
        if (seed.Status.Fault is { } fault)
            throw new CommandException(ExitCode.Failed, fault.Message);
        _terminal.Out.WriteLine($"Seed      on port {seeding.ListenPort}");

        await using var downloading = new TorrentSession(loopback);
        Torrent download = downloading.Add(metainfo, new TorrentSettings { Destination = received });
        Task<IReadOnlyList<PeerStatus>> watching = WatchPeersAsync(download);
        TorrentResult result = await Transfer.RunAsync(
            downloading, download, TransferDisplays.Choose(_terminal, quiet: false, json: false), interrupted);
        Transfer.ThrowOnFault(result);
        interrupted.ThrowIfCancellationRequested();
        PeerTable.Write(_terminal, await watching);
        return Verify(served, received);
    }

    /// <summary>
    /// Reads the list of connected peers repeatedly until the download has ended. Returns the last list that was not
    /// empty.
    /// </summary>
    private static async Task<IReadOnlyList<PeerStatus>> WatchPeersAsync(Torrent download)
    {
        IReadOnlyList<PeerStatus> seen = [];
        while (!download.Completion.IsCompleted)
        {
            IReadOnlyList<PeerStatus> now = await download.GetPeersAsync();
            if (now.Count > 0)
                seen = now;
            await Task.WhenAny(download.Completion, Task.Delay(seen.Count > 0 ? s_peerPeriod : s_firstPeerPeriod));
        }

        return seen;
    }

    private int Verify(string served, string received)
    {
        string expected = DemoContent.Hash(served);
        string actual = DemoContent.Hash(received);
        if (expected != actual)
        {
            throw new CommandException(
                ExitCode.Failed, $"the download differs from the original: SHA-256 {actual}, expected {expected}");
        }

        _terminal.Out.WriteLine($"Verified  SHA-256 of all files, served and received: {actual}");
        return ExitCode.Done;
    }
}
