using TorrentPS.Engine.Swarm.State;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>
/// Ends a torrent that has exceeded one of its time limits (<see cref="TorrentSettings.Timeout"/>,
/// <see cref="TorrentSettings.StallTimeout"/>).
/// </summary>
internal sealed class TimeLimitHandler(SwarmState swarm, StallHandler stall, LifecycleHandler lifecycle)
{
    private bool HasNoGoalLeft => swarm.Settings.Torrent.StopWhen == StopWhen.Never && swarm.CompletedAt is not null;

    public void OnTick()
    {
        if (swarm.HasEnded || HasNoGoalLeft)
            return;
        TorrentSettings settings = swarm.Settings.Torrent;
        if (settings.StallTimeout is { } stallTimeout && stall.Idle >= stallTimeout)
        {
            string reason = swarm.Stall is { } now ? $": {now.Reason.Describe()}" : "";
            Fail(TorrentFaultId.StallTimeout, $"received no new data for {DurationText.Format(stallTimeout)}{reason}");
        }
        else if (settings.Timeout is { } timeout && swarm.Elapsed >= timeout)
        {
            Fail(TorrentFaultId.Timeout, $"did not reach its goal within {DurationText.Format(timeout)}");
        }
    }

    private void Fail(TorrentFaultId id, string cause)
    {
        // If a fault has paused the torrent, that fault is the reason why a time limit was exceeded.
        string name = swarm.Settings.Name;
        lifecycle.Fail(swarm.Fault ?? new TorrentFault(id, name, $"'{name}' {cause}. Verified pieces are kept."));
    }
}
