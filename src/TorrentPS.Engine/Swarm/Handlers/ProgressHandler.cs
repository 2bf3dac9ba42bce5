using TorrentPS.Engine.Swarm.State;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>Reports the progress of a download to the event log from time to time.</summary>
internal sealed class ProgressHandler(SwarmState swarm)
{
    /// <summary>
    /// Percentage of the wanted data between two reports. At most nine reports of a download are few enough to read, and
    /// leave the event log to other events.
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

        // The first step is that of the data found on disk. A larger selection of files makes the percentage fall.
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
