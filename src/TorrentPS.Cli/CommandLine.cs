using System.CommandLine;
using TorrentPS.Cli.Commands;
using TorrentPS.Engine;

namespace TorrentPS.Cli;

/// <summary>
/// Parses the command line and runs the command. An expected exception becomes an exit code and a one-line message.
/// </summary>
internal static class CommandLine
{
    public static async Task<int> RunAsync(string[] arguments, Terminal terminal, CancellationToken interrupted)
    {
        ParseResult parsed = Root(terminal).Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            string problem = parsed.UnmatchedTokens is [var unknown, ..]
                ? $"Unrecognized command or argument '{unknown}'."
                : parsed.Errors[0].Message;
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
        catch (Exception failure)
            when (failure is IOException or UnauthorizedAccessException or SessionException or StorageException)
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
        root.Description = "Inspect, download, seed, create and verify BitTorrent torrents. "
            + "Exit codes: 0 success, 1 failure, 2 invalid command line, 3 invalid torrent, 130 interrupted.";
        return root;
    }

    private static string Path(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        IEnumerable<string> names = command.Parents.OfType<Command>().Append(command)
            .Where(parent => parent is not RootCommand)
            .Select(parent => parent.Name);
        return string.Join(' ', names.Prepend("torrentps"));
    }
}
