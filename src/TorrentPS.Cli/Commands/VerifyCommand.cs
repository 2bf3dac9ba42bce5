using System.CommandLine;
using TorrentPS.Cli.Options;
using TorrentPS.Cli.Rendering;
using TorrentPS.Engine.Storage;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Cli.Commands;

/// <summary><c>torrentps verify</c>: compares data with a torrent, piece by piece.</summary>
internal sealed class VerifyCommand
{
    private readonly Terminal _terminal;
    private readonly Argument<string> _file = CommonOptions.TorrentFile();
    private readonly Option<string> _data = CommonOptions.Data();
    private readonly Option<bool> _json = CommonOptions.Json("the result");

    private VerifyCommand(Terminal terminal) => _terminal = terminal;

    public static Command Create(Terminal terminal)
    {
        var self = new VerifyCommand(terminal);
        var command = new Command("verify", "Compare data with a torrent; ends with 1 when anything is missing or wrong.") { self._file, self._data, self._json };
        command.SetAction(self.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken interrupted)
    {
        TorrentMetainfo metainfo = TorrentFileReader.Read(parsed.GetRequiredValue(_file));
        bool json = parsed.GetValue(_json);
        ContentCheckResult result = await HashingDisplay.FollowAsync(
            _terminal, json, "Verifying", progress => ContentCheck.RunAsync(metainfo, parsed.GetRequiredValue(_data), progress, interrupted));
        CheckRecord check = CheckRecord.Of(metainfo, result);
        if (json)
            JsonLines.Write(_terminal.Out, check);
        else
            CheckText.Write(_terminal.Out, check);
        if (!check.IsComplete)
            throw new CommandException(ExitCode.Failed, CheckText.Verdict(check));
        return ExitCode.Done;
    }
}
