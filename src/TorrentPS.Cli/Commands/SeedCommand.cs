using System.CommandLine;
using TorrentPS.Cli.Options;
using TorrentPS.Cli.Rendering;
using TorrentPS.Engine;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Cli.Commands;

/// <summary><c>torrentps seed</c>: serves what is there until it is told to stop, which is then its success.</summary>
internal sealed class SeedCommand
{
    private readonly Terminal _terminal;
    private readonly Argument<string> _file = CommonOptions.FileOrLink();
    private readonly Option<string> _data = CommonOptions.Data();
    private readonly SessionOptions _session = new();
    private readonly Option<long?> _uploadLimit = CommonOptions.Rate("--upload-limit", "Bytes per second at most, as 500000, 512K or 2M.");
    private readonly ChokingOptions _choking = new();
    private readonly Option<bool> _superSeeding = new("--super-seeding") { Description = "Show each peer one piece at a time (BEP 16): the first seed sends little more than one copy." };
    private readonly Option<bool> _skipCheck = new("--skip-check") { Description = "Take the data as right without reading it first." };
    private readonly Option<bool> _quiet = CommonOptions.Quiet();
    private readonly Option<bool> _json = CommonOptions.Json("status, then the result,");

    private SeedCommand(Terminal terminal) => _terminal = terminal;

    public static Command Create(Terminal terminal)
    {
        var self = new SeedCommand(terminal);
        var command = new Command("seed", "Serve a torrent's content until SIGINT or SIGTERM, which end it with exit code 0.")
        {
            self._file, self._data, self._uploadLimit, self._superSeeding, self._skipCheck, self._quiet, self._json,
        };
        self._session.AddTo(command);
        self._choking.AddTo(command);
        command.Exclusive(self._quiet, self._json);
        command.SetAction(self.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken interrupted)
    {
        string file = parsed.GetRequiredValue(_file);
        MagnetLink? link = TorrentFileReader.ReadLink(file);
        TorrentMetainfo? metainfo = link is null ? TorrentFileReader.Read(file) : null;
        var settings = new TorrentSettings
        {
            Destination = parsed.GetRequiredValue(_data),
            Role = TorrentRole.Seed,
            UploadLimit = parsed.GetValue(_uploadLimit),
            StopWhen = StopWhen.Never,
            SkipCheck = parsed.GetValue(_skipCheck),
            SuperSeeding = parsed.GetValue(_superSeeding),
        };
        settings = _choking.ApplyTo(settings, parsed);
        ITransferDisplay display = TransferDisplays.Choose(_terminal, parsed.GetValue(_quiet), parsed.GetValue(_json));
        await using var session = new TorrentSession(_session.Read(parsed));
        Torrent torrent = link is null ? session.Add(metainfo!, settings) : session.Add(link, settings);
        TorrentResult result = await Transfer.RunAsync(session, torrent, display, interrupted);
        Transfer.ThrowOnFault(result);
        return ExitCode.Done;
    }
}
