using TorrentPS.Engine.Swarm.State;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>Reports the progress of a download to the event log from time to time.</summary>
internal sealed class ProgressHandler(SwarmState swarm)
{
    /// <summary>
    /// Percentage of the wanted data between two reports. At most nine such reports per download leave room in the
    /// event log for other events.
    /// </summary>
    public const int Step = 10;

    /// <summary>
    /// Time since the last report after which a slow download is reported again, if it has received new pieces. At six
    /// reports an hour, the event log still covers a day for a few slow downloads.
    /// </summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);

    private bool _isDownloading;
    private int _step;
    private long _completed;
    private long _time;

    public void OnTick(TorrentStatus status)
    {
        int step = (int)(status.Progress / Step);
        bool isDownloading = swarm.State == TorrentState.Downloading;

        // No report is due when a download begins or continues, or when the selection of more files has lowered the
        // percentage.
        bool isStart = !_isDownloading || step < _step;
        bool isOverdue = swarm.Since(_time) >= Interval && status.Completed > _completed;
        _isDownloading = isDownloading;
        if (!isDownloading || (!isStart && !isOverdue && step == _step))
            return;
        if (!isStart)
        {
            double rate = (status.Completed - _completed) / swarm.Since(_time).TotalSeconds;
            swarm.Host.Report(SessionEventKind.ProgressMade, EventMessages.Progress(status, (long)rate));
        }

        (_step, _completed, _time) = (step, status.Completed, swarm.Now);
    }
}
