using System.Diagnostics;
using TorrentPS.Engine;

namespace TorrentPS.Cli.Rendering;

/// <summary>
/// Writes the status as a line of plain text: at once if the state has changed, and otherwise every five seconds.
/// </summary>
internal sealed class PlainDisplay(Terminal terminal) : ITransferDisplay
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(5);
    private TorrentState? _state;
    private long _shown;

    public Task<TorrentResult> FollowAsync(Func<Action<TorrentStatus>, Task<TorrentResult>> transfer) => transfer(Show);

    public void Warn(string warning) => terminal.Warn(warning);

    public void Finish(TorrentResult result) => terminal.Out.WriteLine(TransferText.Summary(result));

    private void Show(TorrentStatus status)
    {
        if (status.State == _state && Stopwatch.GetElapsedTime(_shown) < s_period)
            return;
        _state = status.State;
        _shown = Stopwatch.GetTimestamp();
        terminal.Out.WriteLine(
            $"{TransferText.State(status)}: {HumanText.Percent(status.Progress)}, {TransferText.Rates(status)}");
    }
}
