using System.Management.Automation;
using TorrentPS.Cmdlets;
using TorrentPS.Engine;
using TorrentPS.Hosting;

namespace TorrentPS.Jobs;

/// <summary>
/// The job of a torrent that was started. It writes the torrent's status after each change of state, and otherwise
/// about once per second if the progress has changed. At the end, it writes the result.
/// </summary>
/// <remarks>
/// The job writes the warnings of the torrent and of the open sessions to the warning stream, and the torrent's events
/// to the verbose stream. A fault that the user can fix, such as a full disk, suspends the job and is written to the
/// error stream. Resume-Job then continues the torrent.
/// </remarks>
public sealed class StartedTorrentJob : TorrentJob
{
    /// <summary>
    /// Maximum number of unread items in each stream. When it is exceeded, the oldest item is removed. At one status
    /// per second, 600 items cover ten minutes.
    /// </summary>
    private const int MaxUnreadItems = 600;

    private static readonly TimeSpan StatusInterval = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _changed = new(0, 1);
    private readonly Task _run;
    private readonly NewWarnings _warnings = new();
    private readonly VerboseEvents _events;
    private TorrentResult? _result;
    private TorrentStatus? _last;

    /// <summary>
    /// Creates the job of a torrent that was just started. <paramref name="lastEvent"/> is the number of the latest
    /// event that was logged before the start.
    /// </summary>
    internal StartedTorrentJob(Torrent torrent, string command, long lastEvent)
        : base(command, torrent.Status.Name)
    {
        Torrent = torrent;
        _events = new VerboseEvents(lastEvent);
        torrent.StateChanged += OnStateChanged;
        if (torrent.Status.State != TorrentState.Queued)
            SetState(JobState.Running, null);
        _run = Task.Run(RunAsync);
    }

    /// <inheritdoc/>
    public override TorrentStatus Status => new TorrentStatus(Torrent);

    /// <inheritdoc/>
    public override TorrentResult? Result => _result;

    /// <summary>The message of the torrent's fault, or the torrent's state and progress if there is no fault.</summary>
    public override string StatusMessage
    {
        get
        {
            EngineStatus status = Torrent.Status;
            string reason = status.StalledReason is { } stalled ? $": {stalled.Describe()}" : "";
            return status.Fault?.Message ?? $"{status.State} {status.Progress:0.0} %{reason}";
        }
    }

    /// <inheritdoc/>
    public override string Location => Torrent.Status.Destination;

    /// <inheritdoc/>
    internal override Torrent Torrent { get; }

    /// <summary>Waits until the torrent has ended and the job has its final state and its result.</summary>
    internal async Task<TorrentResult> WhenFinishedAsync()
    {
        await _run.ConfigureAwait(false);
        return _result!;
    }

    /// <summary>Stops the torrent if it is running.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Torrent.StateChanged -= OnStateChanged;
            _ = Torrent.StopAsync();
        }

        base.Dispose(disposing);
    }

    private async Task RunAsync()
    {
        Task<EngineResult> completion = Torrent.Completion;
        while (!completion.IsCompleted)
        {
            ReportEvents();
            Report();
            // Wait for a change of state, the end of the status interval, or the end of the torrent.
            Task changed = _changed.WaitAsync(StatusInterval);
            await Task.WhenAny(completion, changed).ConfigureAwait(false);
        }

        Finish(await completion.ConfigureAwait(false));
    }

    private void OnStateChanged(object? sender, EngineStatus status)
    {
        try
        {
            _changed.Release();
        }
        catch (SemaphoreFullException)
        {
            // The semaphore is already released. RunAsync will report the latest status.
        }
    }

    private void Report()
    {
        TorrentStatus status = new TorrentStatus(Torrent);
        if (status.State is TorrentState.Stopped or TorrentState.Failed)
            return;
        if (status.FaultId is not null && _last?.FaultId is null)
            Write(Error, ErrorRecords.Fault(Torrent.Status.Fault!, status, resumable: true));
        foreach (string warning in _warnings.Take(Torrent.Warnings).Concat(SessionHost.Current.TakeWarnings()))
            Write(Warning, new WarningRecord(warning));
        if (_last is null || !_last.HasSameProgressAs(status))
            Write(Output, PSObject.AsPSObject(status));
        _last = status;
        SetRunningOrSuspended(status.State);
    }

    private void ReportEvents()
    {
        foreach (string text in _events.Take([Torrent]))
            Write(Verbose, new VerboseRecord(text));
    }

    private void Finish(EngineResult result)
    {
        _result = new TorrentResult(Torrent);
        ReportEvents();
        Write(Output, PSObject.AsPSObject(_result));
        JobState state = (result.Status.State, result.GoalReached) switch
        {
            (TorrentState.Failed, _) => JobState.Failed,
            (_, true) => JobState.Completed,
            _ => JobState.Stopped,
        };
        TorrentFault? fault = state is JobState.Failed ? result.Status.Fault : null;
        if (fault is not null)
            Write(Error, ErrorRecords.Fault(fault, _result, resumable: false));
        SetState(state, fault is null ? null : new TorrentException(fault.Message));
    }

    private static void Write<T>(PSDataCollection<T> stream, T item)
    {
        try
        {
            if (stream.Count >= MaxUnreadItems)
                stream.RemoveAt(0);
            stream.Add(item);
        }
        catch (Exception e) when (
            e is InvalidOperationException or ObjectDisposedException or ArgumentOutOfRangeException)
        {
            // The job was removed, or Receive-Job emptied the stream meanwhile. The item is dropped.
        }
    }

    /// <summary>
    /// Sets the state of the job of a torrent that has not ended: Suspended if the torrent is paused, otherwise
    /// Running. While the torrent is queued, the state of the job is not changed.
    /// </summary>
    private void SetRunningOrSuspended(TorrentState state)
    {
        if (state != TorrentState.Queued)
            SetState(state is TorrentState.Paused ? JobState.Suspended : JobState.Running, null);
    }

    private void SetState(JobState state, Exception? reason)
    {
        JobState now = JobStateInfo.State;
        if (now == state || now is JobState.Completed or JobState.Failed or JobState.Stopped)
            return;
        if (now is JobState.Stopping && state is (JobState.Running or JobState.Suspended))
            return;
        try
        {
            JobStates.Set(this, state, reason);
        }
        catch (ObjectDisposedException)
        {
            // The job was removed meanwhile.
        }
    }

    private protected override async Task StopAsync()
    {
        if (!_run.IsCompleted)
            SetState(JobState.Stopping, null);
        await Torrent.StopAsync().ConfigureAwait(false);
        await _run.ConfigureAwait(false);
    }

    private protected override Task SuspendAsync()
    {
        Torrent.Pause();
        return WaitForStateAsync(state => state is TorrentState.Paused or TorrentState.Stopped or TorrentState.Failed);
    }

    private protected override Task ResumeAsync()
    {
        Torrent.Resume();
        return WaitForStateAsync(state => state is not TorrentState.Paused);
    }

    /// <summary>
    /// Waits at most ten seconds until <paramref name="isReached"/> accepts the state of the torrent, then updates the
    /// state of the job.
    /// </summary>
    /// <exception cref="TimeoutException">The torrent did not reach such a state in time.</exception>
    private async Task WaitForStateAsync(Func<TorrentState, bool> isReached)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Check(object? sender, EngineStatus status)
        {
            if (isReached(status.State))
                done.TrySetResult();
        }

        Torrent.StateChanged += Check;
        try
        {
            Check(this, Torrent.Status);
            await done.Task.WaitAsync(ChangeTimeout).ConfigureAwait(false);
            TorrentState state = Torrent.Status.State;
            if (state is not (TorrentState.Stopped or TorrentState.Failed))
                SetRunningOrSuspended(state);
        }
        finally
        {
            Torrent.StateChanged -= Check;
        }
    }
}
