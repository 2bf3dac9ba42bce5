using Spectre.Console;
using TorrentPS.Engine;

namespace TorrentPS.Cli.Rendering;

internal interface ITransferDisplay
{
    /// <summary>
    /// Runs <paramref name="transfer"/> and shows its progress. The transfer receives an action, and calls it with each
    /// new status.
    /// </summary>
    Task<TorrentResult> FollowAsync(Func<Action<TorrentStatus>, Task<TorrentResult>> transfer);

    /// <summary>Shows a warning of the session. This method is called once for each warning.</summary>
    void Warn(string warning);

    /// <summary>Shows the result. This method is called once, after <see cref="FollowAsync"/>.</summary>
    void Finish(TorrentResult result);
}

/// <summary>
/// Chooses the display of a transfer. The choice depends on the options of the command, and on whether the output is a
/// terminal.
/// </summary>
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
    /// Creates the progress bar. This method is separate, so that the runtime loads Spectre.Console only when it is
    /// called.
    /// </summary>
    private static BarDisplay Bar(Terminal terminal) => new(
        AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(terminal.Out) }));
}

/// <summary>
/// Writes each status as a JSON object on one line, and the result on the last line. Each object also contains all
/// warnings that the session has reported so far.
/// </summary>
internal sealed class JsonDisplay(TextWriter output) : ITransferDisplay
{
    private readonly List<string> _warnings = [];

    public Task<TorrentResult> FollowAsync(Func<Action<TorrentStatus>, Task<TorrentResult>> transfer) =>
        transfer(status => JsonLines.WriteLine(output, TransferJson.Of(status, _warnings)));

    public void Warn(string warning) => _warnings.Add(warning);

    public void Finish(TorrentResult result) => JsonLines.WriteLine(output, TransferJson.Of(result, _warnings));
}

/// <summary>Shows nothing. An error message is written by the command, not by the display.</summary>
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
