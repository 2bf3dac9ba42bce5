using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Cli;

/// <summary>The writers for the output of a command. Tests use other writers than those of the process.</summary>
/// <param name="Out">Standard output, for results and progress.</param>
/// <param name="Error">Standard error, for errors and warnings.</param>
/// <param name="IsInteractive">
/// Whether <paramref name="Out"/> is a terminal. If so, commands show progress bars and tables with borders; otherwise
/// they write plain lines.
/// </param>
internal sealed record Terminal(TextWriter Out, TextWriter Error, bool IsInteractive)
{
    public static Terminal OfProcess() => new(
        Console.IsOutputRedirected ? Console.Out : new TerminalWriter(Console.Out),
        Console.IsErrorRedirected ? Console.Error : new TerminalWriter(Console.Error),
        !Console.IsOutputRedirected);

    /// <summary>
    /// Writes an error message to <see cref="Error"/> as one displayable line that begins with <c>torrentps:</c>.
    /// </summary>
    public void Fail(string message) => Error.WriteLine($"torrentps: {DisplayText.Line(message)}");

    /// <summary>
    /// Writes a warning to <see cref="Error"/> as one line that begins with <c>torrentps: warning:</c>.
    /// </summary>
    public void Warn(string message) => Fail($"warning: {message}");
}
