using System.CommandLine;
using System.Net;
using TorrentPS.Cli.Options;
using TorrentPS.Cli.Rendering;
using TorrentPS.Engine;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Cli.Commands;

/// <summary>
/// <c>torrentps peers</c>: writes the peers that a torrent's trackers return. With <c>--handshake</c>, it also connects
/// to each peer.
/// </summary>
internal sealed class PeersCommand
{
    private static readonly TimeSpan s_trackerLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_probeLimit = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Maximum number of connection attempts at the same time. Some home routers drop connections when more attempts
    /// start at once.
    /// </summary>
    private const int MaxProbes = 50;

    private readonly Terminal _terminal;
    private readonly Argument<string> _file = CommonOptions.FileOrLink();
    private readonly Option<bool> _handshake =
        new("--handshake") { Description = "Connect to each peer and show its client, progress and round-trip time." };
    private readonly Option<bool> _trackers = new("--trackers")
    {
        Description = "List the trackers instead of the peers, with the seeds, leeches and completed downloads that "
            + "they have counted. Nothing is announced.",
    };

    private readonly SessionOptions _session = new(SessionUse.Requests);
    private readonly Option<bool> _json = CommonOptions.Json("the peers");
    private readonly Option<bool> _csv =
        new("--csv") { Description = "Write the peers as comma-separated values with a header line." };
    private readonly Option<bool> _csvRaw = new("--csv-raw")
    {
        Description = "Like --csv, but leave text that a spreadsheet would take for a formula unchanged. "
            + "With --csv, such text gets an apostrophe before it.",
    };

    private PeersCommand(Terminal terminal) => _terminal = terminal;

    public static Command Create(Terminal terminal)
    {
        var self = new PeersCommand(terminal);
        var command = new Command("peers", "List the peers that a torrent's trackers return.")
        {
            self._file, self._handshake, self._trackers, self._json, self._csv, self._csvRaw,
        };
        self._session.AddTo(command);
        command.MakeExclusive(self._json, self._csv);
        command.MakeExclusive(self._json, self._csvRaw);
        command.MakeExclusive(self._csv, self._csvRaw);
        command.MakeExclusive(self._trackers, self._csv);
        command.MakeExclusive(self._trackers, self._csvRaw);
        command.MakeExclusive(self._trackers, self._handshake);
        command.SetAction(self.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken interrupted)
    {
        string file = parsed.GetRequiredValue(_file);
        MagnetLink? link = TorrentFileReader.ReadLink(file);
        SessionSettings session = _session.Read(parsed);
        TorrentMetainfo? metainfo = link is null
            ? await TorrentFileReader.ReadAsync(file, session, interrupted)
            : null;
        string[] trackers = [.. link?.Trackers ?? metainfo!.Trackers.SelectMany(tier => tier)];
        string name = link?.Title ?? metainfo!.Name;
        string shown = link?.Title ?? file;
        InfoHash infoHash = link?.WireHash ?? metainfo!.WireHash;
        if (trackers.Length == 0)
            throw new CommandException(ExitCode.Failed, $"{shown}: the torrent has no tracker");
        if (parsed.GetValue(_trackers))
        {
            await WriteTrackersAsync(
                parsed,
                link is null ? metainfo!.Trackers : [.. link.Trackers.Select(url => new[] { url })],
                name,
                infoHash,
                session,
                interrupted);
            return ExitCode.Done;
        }

        IReadOnlyList<TrackerAnswer> answers = await TrackerQuery.GetPeersAsync(
            trackers, infoHash, metainfo?.Size ?? 1, s_trackerLimit, session, interrupted);
        if (answers.All(answer => answer.Error is not null))
        {
            string errors = string.Join("; ", answers.Select(answer => answer.ToString()));
            throw new CommandException(ExitCode.Failed, $"{shown}: no tracker responded: {errors}");
        }

        foreach (TrackerAnswer failed in answers.Where(answer => answer.Error is not null))
            _terminal.Fail(failed.ToString());

        IPEndPoint[] found = [.. answers.SelectMany(answer => answer.Peers).Distinct()];
        PeerRecord[] peers =
            [.. found.Select(peer => PeerRecord.Create(name, infoHash.ToString(), peer, PeerSource.Tracker))];
        if (parsed.GetValue(_handshake))
            await ProbeAllAsync(infoHash, metainfo?.PieceCount ?? 0, found, peers, session, interrupted);
        Write(parsed, peers);
        return ExitCode.Done;
    }

    private async Task WriteTrackersAsync(
        ParseResult parsed,
        IReadOnlyList<IReadOnlyList<string>> tiers,
        string name,
        InfoHash infoHash,
        SessionSettings session,
        CancellationToken interrupted)
    {
        IReadOnlyList<TrackerStatus> statuses = await TrackerQuery.ScrapeAsync(
            tiers, infoHash, s_trackerLimit, session, interrupted);
        TrackerRecord[] trackers = [.. statuses.Select(status => TrackerRecord.Of(name, infoHash.ToString(), status))];
        if (!parsed.GetValue(_json))
        {
            PeerTable.Write(_terminal, trackers);
            return;
        }

        foreach (TrackerRecord tracker in trackers)
            JsonLines.Write(_terminal.Out, tracker);
    }

    private static Task ProbeAllAsync(
        InfoHash infoHash,
        int pieceCount,
        IPEndPoint[] found,
        PeerRecord[] peers,
        SessionSettings session,
        CancellationToken interrupted)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = MaxProbes, CancellationToken = interrupted };
        return Parallel.ForAsync(0, found.Length, options, async (i, cancellation) =>
            peers[i] =
                peers[i].With(await PeerProbe.ProbeAsync(
                    found[i], infoHash, pieceCount, s_probeLimit, session, cancellation)));
    }

    private void Write(ParseResult parsed, PeerRecord[] peers)
    {
        if (parsed.GetValue(_json))
        {
            foreach (PeerRecord peer in peers)
                JsonLines.Write(_terminal.Out, peer);
        }
        else if (parsed.GetValue(_csv) || parsed.GetValue(_csvRaw))
        {
            PeerCsv.Write(_terminal.Out, peers, keepFormulas: parsed.GetValue(_csvRaw));
        }
        else
        {
            PeerTable.Write(_terminal, peers);
        }
    }
}
