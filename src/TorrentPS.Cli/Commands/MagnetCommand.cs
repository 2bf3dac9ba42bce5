using System.CommandLine;
using TorrentPS.Cli.Options;

namespace TorrentPS.Cli.Commands;

internal static class MagnetCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> file = CommonOptions.TorrentFile();
        var command = new Command("magnet", "Print the magnet link of a torrent file.") { file };
        command.SetAction(parsed =>
        {
            terminal.Out.WriteLine(TorrentFileReader.Read(parsed.GetRequiredValue(file)).ToMagnet());
            return ExitCode.Done;
        });
        return command;
    }
}
