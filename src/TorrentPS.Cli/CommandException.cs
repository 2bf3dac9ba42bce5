namespace TorrentPS.Cli;

/// <summary>Ends a command with an exit code and a message of one line for the user.</summary>
internal sealed class CommandException(int exitCode, string message) : Exception(message)
{
    /// <summary>Exit code of the process: one of the constants in <see cref="Cli.ExitCode"/>.</summary>
    public int ExitCode { get; } = exitCode;
}
