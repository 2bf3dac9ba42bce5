using System.CommandLine;
using TorrentPS.Cli.Options;
using TorrentPS.Cli.Rendering;
using TorrentPS.Engine;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Cli.Commands;

internal sealed class VerifyCommand
{
    private readonly Terminal _terminal;
    private readonly Argument<string> _file = CommonOptions.TorrentFile();
    private readonly Option<string> _data = CommonOptions.Data();
    private readonly SessionOptions _session = new(SessionUse.Requests);
    private readonly Option<bool> _json = CommonOptions.Json("the result");

    private VerifyCommand(Terminal terminal) => _terminal = terminal;

    public static Command Create(Terminal terminal)
    {
        var self = new VerifyCommand(terminal);
        const string description =
            "Check data on disk against a torrent. The exit code is 1 if any data is missing or wrong.";
        var command = new Command("verify", description)
        {
            self._file, self._data, self._json,
        };
        self._session.AddTo(command);
        command.SetAction(self.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken interrupted)
    {
        TorrentMetainfo metainfo = await TorrentFileReader.ReadAsync(
            parsed.GetRequiredValue(_file), _session.Read(parsed), interrupted);
        ContentLocation data = CommonOptions.FindData(metainfo, parsed.GetRequiredValue(_data));
        bool json = parsed.GetValue(_json);
        if (metainfo is { Version: MetainfoVersion.V2, LacksPieceLayers: true })
        {
            throw new CommandException(
                ExitCode.Failed,
                $"{metainfo.Name}: cannot be verified: the v2-only torrent lacks piece layers; "
                + "use a .torrent file that has them");
        }

        ContentCheckResult result = await HashingDisplay.FollowAsync(
            _terminal,
            json,
            "Verifying",
            progress => ContentCheck.RunAsync(metainfo, data.Folder, progress, data.Name, interrupted));
        CheckRecord check = CheckRecord.Of(metainfo, result);
        if (json)
            JsonLines.Write(_terminal.Out, check);
        else
            CheckText.Write(_terminal.Out, check);
        if (!check.IsComplete)
            throw new CommandException(ExitCode.Failed, CheckText.ErrorMessage(check));
        return ExitCode.Done;
    }
}
