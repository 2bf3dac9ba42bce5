using System.CommandLine;
using TorrentPS.Cli.Options;
using TorrentPS.Cli.Rendering;
using TorrentPS.Engine;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Cli.Commands;

/// <summary>
/// <c>torrentps download</c>: downloads a torrent's content. With <c>--seed</c> or <c>--seed-ratio</c>, it seeds after
/// the download.
/// </summary>
internal sealed class DownloadCommand
{
    private readonly Terminal _terminal;
    private readonly Argument<string> _file = CommonOptions.FileOrLink();
    private readonly SessionOptions _session = new();
    private readonly TorrentOptions _options = new(TorrentRole.Download);
    private readonly Option<bool> _quiet = CommonOptions.Quiet();
    private readonly Option<string?> _log = CommonOptions.Log();
    private readonly Option<bool> _json = CommonOptions.Json("status, then the result,");

    private DownloadCommand(Terminal terminal) => _terminal = terminal;

    public static Command Create(Terminal terminal)
    {
        var self = new DownloadCommand(terminal);
        const string description = "Download a torrent. Content that is on disk already is verified and kept.";
        var command = new Command("download", description) { self._file };
        self._options.AddTo(command);
        self._session.AddTo(command);
        command.Add(self._quiet);
        command.Add(self._json);
        command.Add(self._log);
        command.MakeExclusive(self._quiet, self._json);
        command.SetAction(self.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken interrupted)
    {
        string file = parsed.GetRequiredValue(_file);
        MagnetLink? link = TorrentFileReader.ReadLink(file);
        SessionSettings sessionSettings = _session.Read(parsed);
        TorrentMetainfo? metainfo = link is null
            ? await TorrentFileReader.ReadAsync(file, sessionSettings, interrupted)
            : null;
        TorrentSettings settings = await _options.ReadAsync(parsed, interrupted);
        ITransferDisplay display = TransferDisplays.Choose(_terminal, parsed.GetValue(_quiet), parsed.GetValue(_json));
        await using var log = EventLog.Open(parsed.GetValue(_log), _terminal);
        await using var session = new TorrentSession(sessionSettings);
        log?.Follow(session.Events);
        Torrent torrent = link is null ? session.Add(metainfo!, settings) : session.Add(link, settings);
        TorrentResult result = await Transfer.RunAsync(session, torrent, display, interrupted);
        Transfer.ThrowOnFault(result);

        // With --seed, the user ends the command by a signal. After a complete download, this is not an interruption.
        bool isSeeding = settings.StopWhen == StopWhen.Never && result.Status.CompletedAt is not null;
        if (result.GoalReached || isSeeding)
            return ExitCode.Done;
        string progress = HumanText.Percent(result.Status.Progress);
        throw interrupted.IsCancellationRequested
            ? new CommandException(ExitCode.Interrupted, $"interrupted at {progress}; verified data is kept")
            : new CommandException(ExitCode.Failed, $"{result.Status.Name}: stopped at {progress}");
    }
}
