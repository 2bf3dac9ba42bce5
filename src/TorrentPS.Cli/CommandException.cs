namespace TorrentPS.Cli;

/// <summary>A command can't go on; its message is the one line that the user sees.</summary>
internal sealed class CommandException(int exitCode, string message) : Exception(message)
{
    /// <summary>One of <see cref="Cli.ExitCode"/>.</summary>
    public int ExitCode { get; } = exitCode;
}
