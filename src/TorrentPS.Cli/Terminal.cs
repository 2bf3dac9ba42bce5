namespace TorrentPS.Cli;

/// <summary>The writers to which a command writes: those of the process, or of a test.</summary>
/// <param name="Out">Standard output, for results and progress.</param>
/// <param name="Error">Standard error, for errors and warnings.</param>
/// <param name="IsInteractive">
/// Whether <paramref name="Out"/> is a terminal. If so, commands show progress bars and framed tables, otherwise plain
/// lines.
/// </param>
internal sealed record Terminal(TextWriter Out, TextWriter Error, bool IsInteractive)
{
    /// <summary>Creates the terminal for standard output and standard error of the process.</summary>
    public static Terminal OfProcess() => new(Console.Out, Console.Error, !Console.IsOutputRedirected);

    /// <summary>Writes an error message to <see cref="Error"/> as one line, after the program's name.</summary>
    public void Fail(string message) => Error.WriteLine($"torrentps: {message.ReplaceLineEndings(" ")}");

    /// <summary>Writes a warning to <see cref="Error"/> as one line, after the program's name.</summary>
    public void Warn(string message) => Fail($"warning: {message}");
}
