using System.CommandLine;
using TorrentPS.Cli.Commands;
using TorrentPS.Engine.Session;
using TorrentPS.Engine.Storage;

namespace TorrentPS.Cli;

/// <summary>Reads the command line, runs the command it names, and turns every way to fail into an exit code and one line.</summary>
internal static class CommandLine
{
    public static async Task<int> RunAsync(string[] arguments, Terminal terminal, CancellationToken interrupted)
    {
        ParseResult parsed = Root(terminal).Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            string problem = parsed.UnmatchedTokens is [var unknown, ..] ? $"Unrecognized command or argument '{unknown}'." : parsed.Errors[0].Message;
            terminal.Fail($"{problem} Try '{Path(parsed)} --help'.");
            return ExitCode.Usage;
        }

        var configuration = new InvocationConfiguration
        {
            Output = terminal.Out,
            Error = terminal.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        try
        {
            return await parsed.InvokeAsync(configuration, interrupted);
        }
        catch (CommandException failure)
        {
            terminal.Fail(failure.Message);
            return failure.ExitCode;
        }
        catch (OperationCanceledException) when (interrupted.IsCancellationRequested)
        {
            terminal.Fail("interrupted");
            return ExitCode.Interrupted;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or SessionException or StorageException)
        {
            terminal.Fail(failure.Message);
            return ExitCode.Failed;
        }
    }

    private static RootCommand Root(Terminal terminal)
    {
        RootCommand root =
        [
            InfoCommand.Create(terminal),
            MagnetCommand.Create(terminal),
            DownloadCommand.Create(terminal),
            SeedCommand.Create(terminal),
            PeersCommand.Create(terminal),
            DhtFindCommand.Create(terminal),
            CreateCommand.Create(terminal),
            VerifyCommand.Create(terminal),
            DemoCommand.Create(terminal),
        ];
        root.Description = "Inspects, downloads, seeds, creates and verifies BitTorrent torrents. "
            + "Exit codes: 0 done, 1 failed, 2 usage, 3 not a valid torrent, 130 interrupted.";
        return root;
    }

    private static string Path(ParseResult parsed)
    {
        IEnumerable<string> names = parsed.CommandResult.Command.Parents.OfType<Command>().Append(parsed.CommandResult.Command)
            .Where(command => command is not RootCommand).Select(command => command.Name);
        return string.Join(' ', names.Prepend("torrentps"));
    }
}
