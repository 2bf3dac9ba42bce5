using System.Management.Automation;
using TorrentPS.Engine;
using TorrentPS.Hosting;
using TorrentPS.Jobs;

namespace TorrentPS.Cmdlets;

/// <summary>
/// Waits for torrents and writes one result for each, as soon as it has ended. Shows progress bars, and writes
/// warnings, errors and verbose messages meanwhile.
/// </summary>
/// <param name="cmdlet">The cmdlet that waits.</param>
/// <param name="stopsAtFault">
/// True to stop a torrent that a fault has paused. False to end only the wait for that torrent, so that the user can
/// resume the torrent.
/// </param>
/// <param name="passThru">Whether to write the job of each ended torrent instead of its result.</param>
/// <param name="cancel">Cancelled by Ctrl+C.</param>
internal sealed class TorrentWait(Cmdlet cmdlet, bool stopsAtFault, bool passThru, CancellationToken cancel)
{
    private readonly Dictionary<Torrent, int> _pending = [];
    private readonly HashSet<object> _added = [];
    private readonly NewWarnings _warnings = new();
    private readonly VerboseEvents _events = new(SessionHost.Current.Events.LastNumber);

    /// <summary>The torrents for which no result was written yet.</summary>
    public IReadOnlyCollection<Torrent> Pending => _pending.Keys;

    /// <summary>Adds a torrent, unless it was added before.</summary>
    public void Add(Torrent torrent)
    {
        if (_added.Add(torrent))
            _pending.Add(torrent, _added.Count);
    }

    /// <summary>
    /// Writes the error and the result of a job whose torrent could not be started, unless they were written before.
    /// </summary>
    public void WriteFailedStart(FailedStartJob job)
    {
        if (!_added.Add(job))
            return;
        cmdlet.WriteError(job.Failure);
        cmdlet.WriteObject(job.Result);
    }

    /// <summary>Waits until all torrents have ended, or until <paramref name="timeout"/> has passed.</summary>
    public void Run(TimeSpan? timeout = null)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (_pending.Count > 0)
        {
            if (timeout is { } limit && TimeProvider.System.GetElapsedTime(start) >= limit)
            {
                GiveUp(limit);
                return;
            }

            WaitForAny([.. _pending.Keys.Select(torrent => torrent.Completion)], TorrentCmdlet.ProgressInterval);
            WriteEvents();
            string[] torrentWarnings = [.. _pending.Keys.SelectMany(torrent => torrent.Warnings)];
            foreach (string warning in _warnings.Take(torrentWarnings).Concat(SessionHost.Current.TakeWarnings()))
                cmdlet.WriteWarning(warning);
            foreach (Torrent torrent in _pending.Keys.ToArray())
                Update(torrent);
        }
    }

    /// <summary>Writes the results of the torrents that have ended, without waiting.</summary>
    public void WriteEnded()
    {
        foreach (Torrent torrent in _pending.Keys.Where(torrent => torrent.Completion.IsCompleted).ToArray())
            Update(torrent);
    }

    private void Update(Torrent torrent)
    {
        ProgressRecord progress = TorrentProgress.Of(torrent, _pending[torrent]);
        if (torrent.Completion.IsCompleted)
        {
            Close(progress);
            Finish(torrent, new TorrentResult(torrent));
            return;
        }

        cmdlet.WriteProgress(progress);

        // A torrent whose network interface is gone continues by itself.
        if (torrent.Status is not
            { State: TorrentState.Paused, Fault: { Id: not TorrentFaultId.InterfaceUnavailable } fault })
            return;
        if (stopsAtFault)
        {
            _ = torrent.StopAsync();
            return;
        }

        Close(progress);
        Finish(torrent, TorrentResult.NotEnded(torrent, fault.Message));
    }

    private void Finish(Torrent torrent, TorrentResult result)
    {
        _pending.Remove(torrent);
        StartedTorrentJob? job = TorrentJobSourceAdapter.All
            .OfType<StartedTorrentJob>()
            .FirstOrDefault(job => job.Torrent == torrent);

        // The job gets its final state soon after its torrent has ended. The user may remove it from then on.
        if (job is not null && torrent.Status.HasEnded)
            WaitForAny([job.WhenFinishedAsync()], Timeout.InfiniteTimeSpan);
        if (torrent.Status.Fault is { } fault)
            cmdlet.WriteError(ErrorRecords.Fault(fault, result, resumable: !torrent.Status.HasEnded));
        cmdlet.WriteObject(passThru ? job : result);
    }

    private void GiveUp(TimeSpan limit)
    {
        foreach (Torrent torrent in _pending.Keys.ToArray())
        {
            Close(TorrentProgress.Of(torrent, _pending[torrent]));
            _pending.Remove(torrent);
            ErrorRecord error = ErrorRecords.WaitTimeout(torrent.Status.Name, limit);
            cmdlet.WriteError(error);
            cmdlet.WriteObject(TorrentResult.NotEnded(torrent, error.Exception.Message));
        }
    }

    /// <summary>
    /// Writes the pending torrents' events that were logged since the previous call to the verbose stream.
    /// </summary>
    private void WriteEvents()
    {
        foreach (string text in _events.Take(_pending.Keys))
            cmdlet.WriteVerbose(text);
    }

    private void WaitForAny(Task[] work, TimeSpan timeout)
    {
        try
        {
            Task.WaitAny(work, (int)timeout.TotalMilliseconds, cancel);
        }
        catch (OperationCanceledException) when (cmdlet.Stopping)
        {
            throw new PipelineStoppedException();
        }
    }

    private void Close(ProgressRecord progress)
    {
        progress.RecordType = ProgressRecordType.Completed;
        cmdlet.WriteProgress(progress);
    }
}
