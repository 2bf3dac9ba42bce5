namespace TorrentPS.Cli;

/// <summary>Exit codes of the process.</summary>
internal static class ExitCode
{
    /// <summary>The command succeeded.</summary>
    public const int Done = 0;

    /// <summary>
    /// The command failed for a reason without a code of its own. A line on standard error states it.
    /// </summary>
    public const int Failed = 1;

    /// <summary>The command line is invalid.</summary>
    public const int Usage = 2;

    /// <summary>A file is not a valid torrent, or an argument is not a valid magnet link.</summary>
    public const int NotATorrent = 3;

    /// <summary>
    /// SIGINT or SIGTERM ended the command before it succeeded. The value follows the convention of shells: 128 plus
    /// the signal number, which is 2 for SIGINT. It is used for SIGTERM too.
    /// </summary>
    public const int Interrupted = 130;
}

/// <summary>Thrown to end a command with an exit code and a message of one line for the user.</summary>
internal sealed class CommandException(int exitCode, string message) : Exception(message)
{
    /// <summary>Exit code of the process: one of the constants in <see cref="Cli.ExitCode"/>.</summary>
    public int ExitCode { get; } = exitCode;
}
