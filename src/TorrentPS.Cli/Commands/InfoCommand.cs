using System.CommandLine;
using TorrentPS.Cli.Options;
using TorrentPS.Cli.Rendering;

namespace TorrentPS.Cli.Commands;

/// <summary><c>torrentps info</c>: what torrent files say.</summary>
internal static class InfoCommand
{
    public static Command Create(Terminal terminal)
    {
        var files = new Argument<string[]>("FILE") { Description = "Torrent files.", Arity = ArgumentArity.OneOrMore }.NoOptions();
        Option<bool> json = CommonOptions.Json("each torrent");
        var command = new Command("info", "Show what torrent files say.") { files, json };
        command.SetAction(parsed => Run(terminal, parsed.GetRequiredValue(files), parsed.GetValue(json)));
        return command;
    }

    /// <summary>A bad file among many is told of, and the rest are shown; the exit code is that of the first bad one.</summary>
    private static int Run(Terminal terminal, string[] files, bool json)
    {
        int code = ExitCode.Done;
        bool first = true;
        foreach (string file in files)
        {
            try
            {
                TorrentInfoRecord info = TorrentInfoRecord.Of(TorrentFileReader.Read(file), file);
                if (json)
                {
                    JsonLines.Write(terminal.Out, info);
                    continue;
                }

                if (!first)
                    terminal.Out.WriteLine();
                first = false;
                TorrentInfoText.Write(terminal.Out, info);
            }
            catch (CommandException failure)
            {
                terminal.Fail(failure.Message);
                code = code == ExitCode.Done ? failure.ExitCode : code;
            }
        }

        return code;
    }
}
