using Spectre.Console;
using TorrentPS.Engine;

namespace TorrentPS.Cli.Rendering;

/// <summary>Shows a running transfer and its result.</summary>
internal interface ITransferDisplay
{
    /// <summary>
    /// Runs a transfer and shows its progress. The transfer calls the given action with each new status.
    /// </summary>
    Task<TorrentResult> FollowAsync(Func<Action<TorrentStatus>, Task<TorrentResult>> transfer);

    /// <summary>Shows a warning of the session. Called between two statuses, once for each warning.</summary>
    void Warn(string warning);

    /// <summary>Shows the result.</summary>
    void Finish(TorrentResult result);
}

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

/// <summary>
/// Writes each status as a JSON object on one line, and the result as the last line. Each object has the warnings shown
/// before it.
/// </summary>
internal sealed class JsonDisplay(TextWriter output) : ITransferDisplay
{
    private readonly List<string> _warnings = [];

    public Task<TorrentResult> FollowAsync(Func<Action<TorrentStatus>, Task<TorrentResult>> transfer) =>
        transfer(status => JsonLines.Write(output, TransferJson.Of(status, _warnings)));

    public void Warn(string warning) => _warnings.Add(warning);

    public void Finish(TorrentResult result) => JsonLines.Write(output, TransferJson.Of(result, _warnings));
}

/// <summary>Shows nothing. Errors are still written when the command fails.</summary>
internal sealed class QuietDisplay : ITransferDisplay
{
    public Task<TorrentResult> FollowAsync(Func<Action<TorrentStatus>, Task<TorrentResult>> transfer) =>
        transfer(_ => { });

    public void Warn(string warning)
    {
    }

    public void Finish(TorrentResult result)
    {
    }
}
