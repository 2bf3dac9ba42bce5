using System.CommandLine;
using TorrentPS.Cli.Options;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Cli.Commands;

internal static class MagnetCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> file = CommonOptions.TorrentFile();
        var session = new SessionOptions(SessionUse.Requests);
        var command = new Command("magnet", "Print the magnet link of a torrent file.") { file };
        session.AddTo(command);
        command.SetAction(async (parsed, interrupted) =>
        {
            TorrentMetainfo metainfo = await TorrentFileReader.ReadAsync(
                parsed.GetRequiredValue(file), session.Read(parsed), interrupted);
            terminal.Out.WriteLine(metainfo.ToMagnet());
            return ExitCode.Done;
        });
        return command;
    }
}
