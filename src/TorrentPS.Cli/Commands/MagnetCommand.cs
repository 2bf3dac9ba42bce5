using System.CommandLine;
using TorrentPS.Cli.Options;
using TorrentPS.Engine;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Cli.Commands;

internal static class MagnetCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> file = CommonOptions.TorrentFile();
        var command = new Command("magnet", "Print the magnet link of a torrent file.") { file };
        command.SetAction(async (parsed, interrupted) =>
        {
            TorrentMetainfo metainfo = await TorrentFileReader.ReadAsync(
                parsed.GetRequiredValue(file), new SessionSettings(), interrupted);
            terminal.Out.WriteLine(metainfo.ToMagnet());
            return ExitCode.Done;
        });
        return command;
    }
}
