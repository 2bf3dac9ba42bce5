using System.CommandLine;
using System.Globalization;
using System.Net;
using TorrentPS.Cli.Options;
using TorrentPS.Cli.Rendering;
using TorrentPS.Engine;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Cli.Commands;

/// <summary><c>torrentps download</c>: gets what is missing, then ends or goes on seeding.</summary>
internal sealed class DownloadCommand
{
    private static readonly Dictionary<string, PieceStrategy> s_strategies = new(StringComparer.OrdinalIgnoreCase)
    {
        ["rarest-first"] = PieceStrategy.RarestFirst,
        ["random-rarest-first"] = PieceStrategy.RandomRarestFirst,
        ["sequential"] = PieceStrategy.Sequential,
        ["random"] = PieceStrategy.Random,
    };

    private readonly Terminal _terminal;
    private readonly Argument<string> _file = CommonOptions.FileOrLink();
    private readonly Option<string> _destination = new("--destination")
    {
        Description = "The folder that holds, or will hold, the torrent's top-level file or folder.",
        HelpName = "DIR",
        Required = true,
    };

    private readonly SessionOptions _session = new();
    private readonly Option<HostAndPort[]> _peers = new("--peer") { Description = "A peer to try at once; may be given several times.", HelpName = "HOST:PORT", CustomParser = HostAndPort.ParseAll };
    private readonly Option<string> _strategy = new("--strategy") { Description = "In which order pieces are asked for.", DefaultValueFactory = _ => "rarest-first" };
    private readonly Option<string[]> _include = new("--include") { Description = "Only files that match this wildcard (path or name); may be given several times.", HelpName = "GLOB" };
    private readonly Option<string[]> _exclude = new("--exclude") { Description = "No files that match this wildcard; stronger than --include.", HelpName = "GLOB" };
    private readonly Option<int?> _pieces = CommonOptions.Ranged("--pieces", "Only the first N pieces.", "N", 1, int.MaxValue);
    private readonly Option<int?> _maxPeers = CommonOptions.Ranged("--max-peers", "The most peers at once. Default: 100.", "N", 1, 10_000);
    private readonly Option<long?> _downloadLimit = CommonOptions.Rate("--download-limit", "Bytes per second at most, as 500000, 512K or 2M.");
    private readonly Option<long?> _uploadLimit = CommonOptions.Rate("--upload-limit", "Bytes per second at most.");
    private readonly ChokingOptions _choking = new();
    private readonly Option<double?> _seedRatio = new("--seed-ratio")
    {
        Description = "Go on seeding until so many bytes are uploaded per byte wanted.",
        HelpName = "R",
        CustomParser = result =>
        {
            if (double.TryParse(result.Tokens[0].Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double ratio))
                return ratio;
            result.AddError($"'{result.Tokens[0].Value}' is not a ratio, as 1.5.");
            return null;
        },
    };

    private readonly Option<bool> _seed = new("--seed") { Description = "Go on seeding until SIGINT or SIGTERM." };
    private readonly Option<bool> _quiet = CommonOptions.Quiet();
    private readonly Option<bool> _json = CommonOptions.Json("status, then the result,");

    private DownloadCommand(Terminal terminal)
    {
        _terminal = terminal;
        _strategy.AcceptOnlyFromAmong([.. s_strategies.Keys]);
    }

    public static Command Create(Terminal terminal)
    {
        var self = new DownloadCommand(terminal);
        var command = new Command("download", "Download a torrent; what is there already is verified and kept.")
        {
            self._file, self._destination, self._peers, self._strategy, self._include, self._exclude, self._pieces,
            self._maxPeers, self._downloadLimit, self._uploadLimit, self._seedRatio, self._seed, self._quiet, self._json,
        };
        self._session.AddTo(command);
        self._choking.AddTo(command);
        command.Exclusive(self._seedRatio, self._seed);
        command.Exclusive(self._quiet, self._json);
        command.SetAction(self.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken interrupted)
    {
        string file = parsed.GetRequiredValue(_file);
        MagnetLink? link = TorrentFileReader.ReadLink(file);
        TorrentMetainfo? metainfo = link is null ? TorrentFileReader.Read(file) : null;
        TorrentSettings settings = await SettingsAsync(parsed, interrupted);
        ITransferDisplay display = TransferDisplays.Choose(_terminal, parsed.GetValue(_quiet), parsed.GetValue(_json));
        await using var session = new TorrentSession(_session.Read(parsed));
        Torrent torrent = link is null ? session.Add(metainfo!, settings) : session.Add(link, settings);
        TorrentResult result = await Transfer.RunAsync(session, torrent, display, interrupted);
        Transfer.ThrowOnFault(result);

        // Told to seed until a signal, a signal is the end that was wanted; before all was there it is an interruption.
        bool done = result.GoalReached || (settings.StopWhen == StopWhen.Never && result.Status.CompletedAt is not null);
        if (done)
            return ExitCode.Done;
        throw interrupted.IsCancellationRequested
            ? new CommandException(ExitCode.Interrupted, $"interrupted at {HumanText.Percent(result.Status.Progress)}; what was verified is kept")
            : new CommandException(ExitCode.Failed, $"{result.Status.Name}: stopped at {HumanText.Percent(result.Status.Progress)}");
    }

    private async Task<TorrentSettings> SettingsAsync(ParseResult parsed, CancellationToken interrupted)
    {
        var peers = new List<IPEndPoint>();
        foreach (HostAndPort peer in parsed.GetValue(_peers) ?? [])
            peers.AddRange(await peer.ResolveAsync(interrupted));
        double? ratio = parsed.GetValue(_seedRatio);
        var settings = new TorrentSettings
        {
            Destination = parsed.GetRequiredValue(_destination),
            Strategy = s_strategies[parsed.GetRequiredValue(_strategy)],
            Include = parsed.GetValue(_include) ?? [],
            Exclude = parsed.GetValue(_exclude) ?? [],
            PieceCount = parsed.GetValue(_pieces),
            MaxPeers = parsed.GetValue(_maxPeers) ?? 100,
            Peers = peers,
            DownloadLimit = parsed.GetValue(_downloadLimit),
            UploadLimit = parsed.GetValue(_uploadLimit),
            StopWhen = ratio is not null ? StopWhen.Ratio : parsed.GetValue(_seed) ? StopWhen.Never : StopWhen.Complete,
            SeedRatio = ratio ?? 1,
        };
        return _choking.ApplyTo(settings, parsed);
    }
}
