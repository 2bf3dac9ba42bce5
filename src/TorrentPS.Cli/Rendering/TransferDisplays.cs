using Spectre.Console;

namespace TorrentPS.Cli.Rendering;

/// <summary>Picks the display that fits what was asked for and who reads it.</summary>
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

    /// <summary>Apart, so that its library is loaded only when it is needed.</summary>
    private static BarDisplay Bar(Terminal terminal) => new(AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(terminal.Out) }));
}
