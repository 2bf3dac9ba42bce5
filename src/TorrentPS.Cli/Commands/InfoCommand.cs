using System.CommandLine;
using System.Net;
using TorrentPS.Cli.Options;
using TorrentPS.Cli.Rendering;
using TorrentPS.Engine;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Cli.Commands;

internal sealed class InfoCommand
{
    private const int DefaultTimeout = 60;

    private readonly Terminal _terminal;
    private readonly Argument<string[]> _files = new Argument<string[]>("FILE")
    {
        Description = "Torrent files, their URLs, magnet links or info hashes. The metadata of links is downloaded.",
        Arity = ArgumentArity.OneOrMore,
    }.RejectOptions();

    private readonly Option<HostAndPort[]> _peers = CommonOptions.Repeatable<HostAndPort>(
        "--peer",
        "Request the metadata of magnet links from this peer. Repeat for more peers.",
        "HOST:PORT",
        HostAndPort.TryParse,
        HostAndPort.Problem);

    private readonly Option<int?> _timeout = CommonOptions.Ranged(
        "--timeout",
        $"Wait at most S seconds for the metadata of a magnet link. Default: {DefaultTimeout}.",
        "S",
        1,
        24 * 60 * 60);
    private readonly SessionOptions _session = new();
    private readonly Option<bool> _json = CommonOptions.Json("each torrent");

    private InfoCommand(Terminal terminal) => _terminal = terminal;

    public static Command Create(Terminal terminal)
    {
        var self = new InfoCommand(terminal);
        var command = new Command("info", "Show the content of torrent files and magnet links.")
        {
            self._files, self._peers, self._timeout, self._json,
        };
        self._session.AddTo(command);
        command.SetAction(self.RunAsync);
        return command;
    }

    /// <summary>
    /// Writes the metadata of each valid file or link, and an error for each invalid one. Returns the exit code of the
    /// first error, or 0.
    /// </summary>
    private async Task<int> RunAsync(ParseResult parsed, CancellationToken interrupted)
    {
        int code = ExitCode.Done;
        bool first = true;
        foreach (string file in parsed.GetRequiredValue(_files))
        {
            try
            {
                MagnetLink? link = TorrentFileReader.ReadLink(file);
                TorrentMetainfo metainfo = link is null
                    ? await TorrentFileReader.ReadAsync(file, _session.Read(parsed), interrupted)
                    : await FetchAsync(link, parsed, interrupted);
                TorrentInfoRecord info = TorrentInfoRecord.Of(metainfo, file);
                if (parsed.GetValue(_json))
                {
                    JsonLines.Write(_terminal.Out, info);
                    continue;
                }

                if (!first)
                    _terminal.Out.WriteLine();
                first = false;
                TorrentInfoText.Write(_terminal.Out, info);
            }
            catch (CommandException failure)
            {
                _terminal.Fail(failure.Message);
                code = code == ExitCode.Done ? failure.ExitCode : code;
            }
        }

        return code;
    }

    private async Task<TorrentMetainfo> FetchAsync(MagnetLink link, ParseResult parsed, CancellationToken interrupted)
    {
        var peers = new List<IPEndPoint>();
        foreach (HostAndPort peer in parsed.GetValue(_peers) ?? [])
            peers.AddRange(await peer.ResolveAsync(interrupted));
        int seconds = parsed.GetValue(_timeout) ?? DefaultTimeout;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(interrupted);
        limit.CancelAfter(TimeSpan.FromSeconds(seconds));
        await using var session = new TorrentSession(_session.Read(parsed));
        try
        {
            return await session.GetMetadataAsync(link, peers, null, limit.Token);
        }
        catch (OperationCanceledException) when (!interrupted.IsCancellationRequested)
        {
            throw new CommandException(ExitCode.Failed, $"{link.Title}: no peer sent the metadata within {seconds} s");
        }
        catch (MetainfoException e)
        {
            throw new CommandException(ExitCode.NotATorrent, $"{link.Title}: not a valid torrent: {e.Message}");
        }
    }
}
