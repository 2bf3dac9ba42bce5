using TorrentPS.Cli.Rendering;
using TorrentPS.Engine.Session;
using TorrentPS.Engine.Snapshots;

namespace TorrentPS.Cli.Commands;

/// <summary>One torrent in a session of its own, followed to its end.</summary>
internal static class Transfer
{
    /// <summary>How often the status is shown: a bar looks alive, a log of JSON stays readable.</summary>
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(500);

    /// <summary>Follows a torrent until it ends, waits after a fault, or the user wants an end; then it is stopped and its outcome shown.</summary>
    /// <returns>The outcome, its fault included.</returns>
    public static async Task<TorrentResult> RunAsync(TorrentSession session, Torrent torrent, ITransferDisplay display, CancellationToken interrupted)
    {
        var told = new HashSet<string>();
        void Show(Action<TorrentStatus> show, TorrentStatus status)
        {
            foreach (string warning in session.Discovery.Warnings.Where(told.Add))
                display.Warn(warning);
            show(status);
        }

        TorrentResult result = await display.FollowAsync(show => FollowAsync(torrent, status => Show(show, status), interrupted));
        display.Finish(result);
        return result;
    }

    /// <summary>Turns an outcome that is neither success nor the user's wish into the one line of a failure.</summary>
    /// <exception cref="CommandException">The torrent failed or waits after a fault.</exception>
    public static void ThrowOnFault(TorrentResult result)
    {
        if (result.Status.Fault is { } fault)
            throw new CommandException(ExitCode.Failed, fault.Message);
    }

    private static async Task<TorrentResult> FollowAsync(Torrent torrent, Action<TorrentStatus> show, CancellationToken interrupted)
    {
        // The last status before the stop: stopping must not hide a fault.
        TorrentStatus status = torrent.Status;
        using var changed = new SemaphoreSlim(0);
        void OnChange(object? sender, TorrentStatus now) => changed.Release();
        torrent.StateChanged += OnChange;
        try
        {
            while (!torrent.Completion.IsCompleted && !interrupted.IsCancellationRequested && !WaitsAfterFault(status))
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
        result = result.Status.Fault is null && status.Fault is { } fault ? result with { Status = result.Status with { Fault = fault } } : result;
        show(result.Status);
        return result;
    }

    /// <summary>Nobody can tell this process to go on, so waiting would be for ever.</summary>
    private static bool WaitsAfterFault(TorrentStatus status) => status is { State: TorrentState.Paused, Fault: not null };
}
