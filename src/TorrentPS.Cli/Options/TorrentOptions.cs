using System.CommandLine;
using System.Globalization;
using System.Net;
using TorrentPS.Engine;

namespace TorrentPS.Cli.Options;

/// <summary>
/// The command-line options for <see cref="TorrentSettings"/>. The options of a download differ from those of a seed.
/// </summary>
internal sealed class TorrentOptions(TorrentRole role)
{
    private const string LimitHelp = "to B bytes per second, such as 500000, 512K or 2M. Default: unlimited.";

    private static readonly Dictionary<string, PieceStrategy> s_strategies = new(StringComparer.OrdinalIgnoreCase)
    {
        ["rarest-first"] = PieceStrategy.RarestFirst,
        ["random-rarest-first"] = PieceStrategy.RandomRarestFirst,
        ["sequential"] = PieceStrategy.Sequential,
        ["random"] = PieceStrategy.Random,
    };

    private static readonly Dictionary<string, ChokerKind> s_chokers = new(StringComparer.OrdinalIgnoreCase)
    {
        ["tit-for-tat"] = ChokerKind.TitForTat,
        ["strategic"] = ChokerKind.Strategic,
        ["naive"] = ChokerKind.Naive,
    };

    private readonly Option<string> _destination = new("--destination")
    {
        Description = "Download into folder DIR. It is created if it does not exist.",
        HelpName = "DIR",
        Required = true,
    };

    private readonly Option<string> _data = CommonOptions.Data();

    private readonly Option<HostAndPort[]> _peers = CommonOptions.Repeatable<HostAndPort>(
        "--peer",
        "Connect to this peer at the start. Repeat for more peers.",
        "HOST:PORT",
        HostAndPort.TryParse,
        HostAndPort.Problem);

    private readonly Option<string> _strategy =
        OneOf("--strategy", "Request pieces in this order.", "rarest-first", s_strategies.Keys);

    private readonly Option<string[]> _include = new("--include")
    {
        Description = "Download only files whose path or name matches this wildcard. Repeat for more wildcards.",
        HelpName = "GLOB",
    };

    private readonly Option<string[]> _exclude = new("--exclude")
    {
        Description = "Skip files whose path or name matches this wildcard. Overrides --include.",
        HelpName = "GLOB",
    };

    private readonly Option<int?> _pieces =
        CommonOptions.Ranged("--pieces", "Download only the first N pieces.", "N", 1, int.MaxValue);

    private readonly Option<int?> _maxPeers =
        CommonOptions.Ranged("--max-peers", "Connect to at most N peers. Default: 100.", "N", 1, 10_000);

    private readonly Option<long?> _downloadLimit =
        CommonOptions.Rate("--download-limit", $"Limit the download {LimitHelp}");

    private readonly Option<long?> _uploadLimit = CommonOptions.Rate("--upload-limit", $"Limit the upload {LimitHelp}");

    private readonly Option<string> _choker =
        OneOf("--choker", "Select the peers to upload to by this choking algorithm.", "tit-for-tat", s_chokers.Keys);

    private readonly Option<int?> _slots =
        CommonOptions.Ranged(
            "--slots", "Use N upload slots; 0 uploads nothing. Default: as many as fill the uplink.", "N", 0, 10_000);

    private readonly Option<double?> _seedRatio = new("--seed-ratio")
    {
        Description = "Seed after the download until R bytes are uploaded per wanted byte.",
        HelpName = "R",
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double ratio))
                return ratio;
            result.AddError($"'{text}' is not a ratio. Write a number such as 1.5.");
            return null;
        },
    };

    private readonly Option<bool> _seed = new("--seed")
    {
        Description = "Seed after the download until SIGINT or SIGTERM.",
    };

    private readonly Option<TimeSpan?> _timeout =
        CommonOptions.Duration("--timeout", "Fail if the goal is not reached in TIME: 90 (seconds), 30m or 2h.");

    private readonly Option<TimeSpan?> _stallTimeout =
        CommonOptions.Duration("--stall-timeout", "Fail after TIME without new data: 90 (seconds), 30m or 2h.");

    private readonly Option<bool> _superSeeding = new("--super-seeding")
    {
        Description = "Use super-seeding (BEP 16): as the first seed, upload little more than one copy.",
    };

    private readonly Option<bool> _force = new("--force")
    {
        Description = "Overwrite existing files that have no piece of the torrent.",
    };

    private readonly Option<bool> _skipCheck = new("--skip-check")
    {
        Description = "Treat the data as verified without reading it.",
    };

    public void AddTo(Command command)
    {
        Option[] options = role == TorrentRole.Seed
            ? [_data, _uploadLimit, _choker, _slots, _superSeeding, _skipCheck]
            :
            [
                _destination, _peers, _strategy, _include, _exclude, _pieces, _maxPeers, _downloadLimit, _uploadLimit,
                _choker, _slots, _seedRatio, _seed, _force, _timeout, _stallTimeout,
            ];
        foreach (Option option in options)
            command.Add(option);
        if (role == TorrentRole.Download)
            command.MakeExclusive(_seedRatio, _seed);
    }

    /// <summary>
    /// Creates torrent settings from the options in the command line. Other settings have the defaults of
    /// <see cref="TorrentSettings"/>.
    /// </summary>
    public async Task<TorrentSettings> ReadAsync(ParseResult parsed, CancellationToken cancellation)
    {
        Option<string> folder = role == TorrentRole.Seed ? _data : _destination;
        var settings = new TorrentSettings { Destination = parsed.GetRequiredValue(folder) };
        settings = settings with
        {
            Role = role,
            UploadLimit = parsed.GetValue(_uploadLimit),
            Choker = s_chokers[parsed.GetRequiredValue(_choker)],
            UploadSlots = parsed.GetValue(_slots),
        };
        if (role == TorrentRole.Seed)
        {
            return settings with
            {
                StopWhen = StopWhen.Never,
                SkipCheck = parsed.GetValue(_skipCheck),
                SuperSeeding = parsed.GetValue(_superSeeding),
            };
        }

        double? ratio = parsed.GetValue(_seedRatio);
        return settings with
        {
            Peers = await ResolveAsync(parsed.GetValue(_peers) ?? [], cancellation),
            Strategy = s_strategies[parsed.GetRequiredValue(_strategy)],
            Include = parsed.GetValue(_include) ?? [],
            Exclude = parsed.GetValue(_exclude) ?? [],
            PieceCount = parsed.GetValue(_pieces),
            MaxPeers = parsed.GetValue(_maxPeers) ?? settings.MaxPeers,
            DownloadLimit = parsed.GetValue(_downloadLimit),
            StopWhen = ratio is not null ? StopWhen.Ratio : parsed.GetValue(_seed) ? StopWhen.Never : StopWhen.Complete,
            SeedRatio = ratio ?? settings.SeedRatio,
            OverwriteFiles = parsed.GetValue(_force),
            Timeout = parsed.GetValue(_timeout),
            StallTimeout = parsed.GetValue(_stallTimeout),
        };
    }

    private static async Task<IReadOnlyList<IPEndPoint>> ResolveAsync(
        HostAndPort[] peers, CancellationToken cancellation)
    {
        var endPoints = new List<IPEndPoint>();
        foreach (HostAndPort peer in peers)
            endPoints.AddRange(await peer.ResolveAsync(cancellation));
        return endPoints;
    }

    private static Option<string> OneOf(string name, string description, string initial, IEnumerable<string> values)
    {
        var option = new Option<string>(name) { Description = description, DefaultValueFactory = _ => initial };
        option.AcceptOnlyFromAmong([.. values]);
        return option;
    }
}
