using System.CommandLine;
using System.Net;
using TorrentPS.Cli.Options;
using TorrentPS.Cli.Rendering;
using TorrentPS.Engine;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Cli.Commands;

internal sealed class DhtFindCommand
{
    private const int DefaultTimeout = 30;

    private readonly Terminal _terminal;
    private readonly Argument<string> _torrent =
        new Argument<string>("INFOHASH") { Description = "A v1 or v2 info hash, or a magnet link." }.RejectOptions();
    private readonly SessionOptions _session = new(SessionUse.Dht);
    private readonly Option<int?> _timeout =
        CommonOptions.Ranged("--timeout", $"Search for at most SEC seconds. Default: {DefaultTimeout}.", "SEC", 1, 600);
    private readonly Option<int?> _count = CommonOptions.Ranged("--count", "Stop after N peers.", "N", 1, int.MaxValue);
    private readonly Option<bool> _json = CommonOptions.Json("the peers");

    private DhtFindCommand(Terminal terminal)
    {
        _terminal = terminal;
        _torrent.Validators.Add(result =>
        {
            string text = result.Tokens[0].Value;
            if (TryParse(text) is null)
                result.AddError(
                    $"'{DisplayUrl.OfMagnet(DisplayText.Line(text))}' is not an info hash. "
                    + "Expected 40 or 64 hexadecimal digits, or a magnet link.");
        });
    }

    public static Command Create(Terminal terminal)
    {
        var self = new DhtFindCommand(terminal);
        var find = new Command("find", "Search the DHT for a torrent's peers.")
        {
            self._torrent, self._timeout, self._count, self._json,
        };
        self._session.AddTo(find);
        find.SetAction(self.RunAsync);
        return new Command("dht", "Search the DHT.") { find };
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken interrupted)
    {
        InfoHash hash = TryParse(parsed.GetRequiredValue(_torrent))!.Value;
        int remaining = parsed.GetValue(_count) ?? int.MaxValue;
        bool found = false;
        await using var session = new TorrentSession(_session.Read(parsed));
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(interrupted);
        limit.CancelAfter(TimeSpan.FromSeconds(parsed.GetValue(_timeout) ?? DefaultTimeout));
        try
        {
            await foreach (IReadOnlyList<IPEndPoint> peers in session.FindPeersAsync(hash, limit.Token))
            {
                foreach (IPEndPoint peer in peers.Take(remaining))
                    Write(
                        PeerRecord.Create(hash.ToString(), hash.ToString(), peer, PeerSource.Dht),
                        parsed.GetValue(_json));
                found |= peers.Count > 0;
                remaining -= peers.Count;
                if (remaining <= 0)
                    break;
            }
        }
        catch (OperationCanceledException) when (!interrupted.IsCancellationRequested)
        {
            // The timeout has elapsed. The peers found so far have been written.
        }

        if (found)
            return ExitCode.Done;
        throw new CommandException(
            ExitCode.Failed,
            session.Dht is { IsConnected: true }
                ? $"{hash}: no peers found in the DHT"
                : "no DHT node responded; check that UDP is not blocked, or name a node with --dht-bootstrap");
    }

    private void Write(PeerRecord peer, bool json)
    {
        if (json)
            JsonLines.Write(_terminal.Out, peer);
        else
            _terminal.Out.WriteLine(new IPEndPoint(IPAddress.Parse(peer.Address), peer.Port));
    }

    private static InfoHash? TryParse(string text)
    {
        if (InfoHash.TryParse(text, out InfoHash hash))
            return hash;
        if (InfoHashV2.TryParse(text, out InfoHashV2 second))
            return second.Truncate();
        return MagnetLink.TryParse(text, out MagnetLink? link) ? link.WireHash : null;
    }
}
