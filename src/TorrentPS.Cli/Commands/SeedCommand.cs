using System.CommandLine;
using TorrentPS.Cli.Options;
using TorrentPS.Cli.Rendering;
using TorrentPS.Engine;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Cli.Commands;

/// <summary>
/// <c>torrentps seed</c>: uploads a torrent's content until SIGINT, SIGTERM or SIGHUP. Each of these signals ends the
/// command with exit code 0.
/// </summary>
internal sealed class SeedCommand
{
    private readonly Terminal _terminal;
    private readonly Argument<string> _file = CommonOptions.FileOrLink();
    private readonly SessionOptions _session = new();
    private readonly TorrentOptions _options = new(TorrentRole.Seed);
    private readonly Option<bool> _quiet = CommonOptions.Quiet();
    private readonly Option<string?> _log = CommonOptions.Log();
    private readonly Option<bool> _json = CommonOptions.Json("status, then the result,");

    private SeedCommand(Terminal terminal) => _terminal = terminal;

    public static Command Create(Terminal terminal)
    {
        var self = new SeedCommand(terminal);
        const string description =
            "Upload a torrent's content until SIGINT, SIGTERM or SIGHUP. Each ends the command with exit code 0.";
        var command = new Command("seed", description) { self._file };
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
        if (metainfo is not null)
            settings = ContentLocation.Locate(metainfo, settings);
        ITransferDisplay display = TransferDisplays.Choose(_terminal, parsed.GetValue(_quiet), parsed.GetValue(_json));
        await using var log = EventLog.Open(parsed.GetValue(_log), _terminal);
        await using var session = new TorrentSession(sessionSettings);
        log?.Follow(session.Events);
        Torrent torrent = link is null
            ? session.Add(metainfo!, settings)
            : session.Add(link, settings, ContentLocation.Locate);
        TorrentResult result = await Transfer.RunAsync(session, torrent, display, interrupted);
        Transfer.ThrowOnFault(result);
        return ExitCode.Done;
    }
}
