using TorrentPS.Cli.Rendering;
using TorrentPS.Engine;

namespace TorrentPS.Cli.Commands;

internal static class Transfer
{
    /// <summary>
    /// Interval at which the status is shown while the state of the torrent does not change. A change of the state is
    /// shown at once. With a shorter interval, the JSON output would be too long to read.
    /// </summary>
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// Shows a torrent's status until the torrent ends, is paused by a fault, or <paramref name="interrupted"/> is
    /// cancelled. Then stops the torrent and shows the result.
    /// </summary>
    /// <returns>The result. If a fault ended or paused the torrent, the status in the result contains it.</returns>
    public static async Task<TorrentResult> RunAsync(
        TorrentSession session, Torrent torrent, ITransferDisplay display, CancellationToken interrupted)
    {
        var shown = new HashSet<string>();
        void Show(Action<TorrentStatus> show, TorrentStatus status)
        {
            foreach (string warning in session.Discovery.Warnings.Where(shown.Add))
                display.Warn(warning);
            show(status);
        }

        TorrentResult result =
            await display.FollowAsync(show => FollowAsync(torrent, status => Show(show, status), interrupted));
        display.Finish(result);
        return result;
    }

    public static void ThrowOnFault(TorrentResult result)
    {
        if (result.Status.Fault is { } fault)
            throw new CommandException(ExitCode.Failed, fault.Message);
    }

    private static async Task<TorrentResult> FollowAsync(
        Torrent torrent, Action<TorrentStatus> show, CancellationToken interrupted)
    {
        // The last status before the stop. It is kept because stopping can clear the fault.
        TorrentStatus status = torrent.Status;
        using var changed = new SemaphoreSlim(0);
        void OnChange(object? sender, TorrentStatus now) => changed.Release();
        torrent.StateChanged += OnChange;
        try
        {
            while (!torrent.Completion.IsCompleted && !interrupted.IsCancellationRequested && !IsPausedByFault(status))
            {
                show(status);
                await Task.WhenAny(torrent.Completion, changed.WaitAsync(s_period, interrupted));
                status = torrent.Status;
            }
        }
        finally
        {
            torrent.StateChanged -= OnChange;
        }

        if (!torrent.Completion.IsCompleted)
            await torrent.StopAsync();
        TorrentResult result = await torrent.Completion;
        if (result.Status.Fault is null && status.Fault is { } fault)
            result = result with { Status = result.Status with { Fault = fault } };
        show(result.Status);
        return result;
    }

    /// <summary>
    /// Returns whether a fault has paused the torrent until the user resumes it. Such a fault ends the transfer,
    /// because the console has no command to resume a torrent. Returns false if the network interface is not available,
    /// because the torrent resumes by itself when the interface is available again.
    /// </summary>
    private static bool IsPausedByFault(TorrentStatus status) =>
        status is { State: TorrentState.Paused, Fault.Id: not TorrentFaultId.InterfaceUnavailable };
}
