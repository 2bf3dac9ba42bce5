using Spectre.Console;
using TorrentPS.Engine;

namespace TorrentPS.Cli.Rendering;

/// <summary>Shows a running transfer and its result.</summary>
internal interface ITransferDisplay
{
    /// <summary>
    /// Runs a transfer and shows its progress. The transfer gets an action, which it calls with each new status.
    /// </summary>
    Task<TorrentResult> FollowAsync(Func<Action<TorrentStatus>, Task<TorrentResult>> transfer);

    /// <summary>
    /// Shows a warning of the session. Called between two statuses, and never twice with the same warning.
    /// </summary>
    void Warn(string warning);

    /// <summary>Shows the result at the end of the transfer.</summary>
    void Finish(TorrentResult result);
}

/// <summary>Chooses the display by the options of the command and by whether the output is a terminal.</summary>
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
    /// Creates the progress bar. This is a separate method so that the runtime loads Spectre.Console only if a bar is
    /// shown.
    /// </summary>
    private static BarDisplay Bar(Terminal terminal) => new(
        AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(terminal.Out) }));
}

/// <summary>
/// Writes each status as a JSON object on one line, and the result as the last line. Each object contains all warnings
/// of the transfer so far.
/// </summary>
internal sealed class JsonDisplay(TextWriter output) : ITransferDisplay
{
    private readonly List<string> _warnings = [];

    public Task<TorrentResult> FollowAsync(Func<Action<TorrentStatus>, Task<TorrentResult>> transfer) =>
        transfer(status => JsonLines.WriteLine(output, TransferJson.Of(status, _warnings)));

    public void Warn(string warning) => _warnings.Add(warning);

    public void Finish(TorrentResult result) => JsonLines.WriteLine(output, TransferJson.Of(result, _warnings));
}

/// <summary>Shows no progress and no result. The command still writes an error message when it fails.</summary>
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
