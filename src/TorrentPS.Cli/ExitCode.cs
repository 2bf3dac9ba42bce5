namespace TorrentPS.Cli;

internal static class ExitCode
{
    /// <summary>The command succeeded.</summary>
    public const int Done = 0;

    /// <summary>
    /// The command failed for a reason that has no exit code of its own. A message on standard error states the reason.
    /// </summary>
    public const int Failed = 1;

    /// <summary>The command line is invalid.</summary>
    public const int Usage = 2;

    /// <summary>A file is not a valid torrent file, or an argument is not a valid magnet link.</summary>
    public const int NotATorrent = 3;

    /// <summary>
    /// SIGINT, SIGTERM or SIGHUP ended the command before it succeeded. By the convention of shells, the value is 128
    /// plus the number of SIGINT, which is 2. The same value is used for the other signals.
    /// </summary>
    public const int Interrupted = 130;
}

/// <summary>Ends a command with an exit code and a one-line message for the user.</summary>
internal sealed class CommandException(int exitCode, string message) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}
