using Spectre.Console;

namespace TorrentPS.Cli.Rendering;

/// <summary>Chooses the display for the options and the kind of output.</summary>
internal static class TransferDisplays
{
    public static ITransferDisplay Choose(Terminal terminal, bool quiet, bool json)
    {
        if (json)
            return new JsonDisplay(terminal.Out);
        if (quiet)
            return new QuietDisplay();
        return terminal.IsInteractive ? Bar(terminal) : new PlainDisplay(terminal);
    }

    /// <summary>
    /// Creates the progress bar. This is a method of its own so that Spectre.Console is loaded only if it is used.
    /// </summary>
    private static BarDisplay Bar(Terminal terminal) => new(
        AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(terminal.Out) }));
}
