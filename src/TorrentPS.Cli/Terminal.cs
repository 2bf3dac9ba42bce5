namespace TorrentPS.Cli;

/// <summary>Where a command writes: standard output and error of the process, or of a test.</summary>
/// <param name="Out">For results and progress.</param>
/// <param name="Error">For what went wrong.</param>
/// <param name="IsInteractive">Whether a person watches <paramref name="Out"/>: then there are bars and tables, else plain lines.</param>
internal sealed record Terminal(TextWriter Out, TextWriter Error, bool IsInteractive)
{
    /// <summary>The process's own.</summary>
    public static Terminal OfProcess() => new(Console.Out, Console.Error, !Console.IsOutputRedirected);

    /// <summary>Writes the one line that says what went wrong.</summary>
    public void Fail(string message) => Error.WriteLine($"torrentps: {message.ReplaceLineEndings(" ")}");

    /// <summary>Writes a line on what goes on though not all is well.</summary>
    public void Warn(string message) => Fail($"warning: {message}");
}
