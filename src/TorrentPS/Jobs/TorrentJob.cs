using System.ComponentModel;
using System.Management.Automation;
using TorrentPS.Cmdlets;
using TorrentPS.Engine;
using TorrentPS.Hosting;

namespace TorrentPS.Jobs;

/// <summary>
/// A job for a running torrent. Receive-Job returns a status after each change of state and about once a second while
/// data is transferred, and one result at the end. Warnings of the session are written to the warning stream. A fault
/// that the user can fix suspends the job and is written to the error stream; Resume-Job continues.
/// </summary>
public sealed class TorrentJob : Job2
{
    /// <summary>
    /// Maximum unread objects per stream: about ten minutes of statuses. The oldest are dropped first.
    /// </summary>
    private const int MaxUnread = 600;

    private static readonly TimeSpan StatusInterval = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Maximum time to wait until a pause, resume or stop is visible. It is longer than the session's grace period for
    /// trackers.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _changed = new(0, 1);
    private readonly Task _run;
    private TorrentStatus? _last;

    internal TorrentJob(Torrent torrent, string command)
        : base(command, torrent.Status.Name)
    {
        Torrent = torrent;
        PSJobTypeName = nameof(TorrentJob);
        Output.EnumeratorNeverBlocks = true;
        Error.EnumeratorNeverBlocks = true;
        Warning.EnumeratorNeverBlocks = true;
        torrent.StateChanged += OnStateChanged;
        SetState(JobState.Running, null);
        _run = Task.Run(RunAsync);
    }

    /// <summary>The torrent's current status.</summary>
    public TorrentStatus Status => new TorrentStatus(Torrent);

    /// <summary>The torrent's result; null while it is running.</summary>
    public TorrentResult? Result { get; private set; }

    /// <summary>The info hash in lower-case hexadecimal: v1, or v2 for a v2-only torrent.</summary>
    public string? InfoHash => Status.InfoHash ?? Status.InfoHashV2;

    /// <summary>The fault's message, or the state and progress.</summary>
    public override string StatusMessage
    {
        get
        {
            EngineStatus status = Torrent.Status;
            return status.Fault?.Message ?? $"{status.State} {status.Progress:0.0} %";
        }
    }

    /// <summary>Whether there are objects that Receive-Job has not returned.</summary>
    public override bool HasMoreData => Output.Count > 0 || Error.Count > 0 || Warning.Count > 0;

    /// <summary>Folder that holds the top-level file or folder.</summary>
    public override string Location => Torrent.Status.Destination;

    internal Torrent Torrent { get; }

    /// <summary>Not supported: the torrent is running when the job is made.</summary>
    public override void StartJob() => throw new InvalidOperationException("The torrent has been started already.");

    /// <summary>Not supported: the torrent is running when the job is made.</summary>
    public override void StartJobAsync() => StartJob();

    /// <summary>Stops the torrent and waits for it. Verified pieces are kept.</summary>
    public override void StopJob() => StopAsync().Wait(Patience);

    /// <summary>Stops the torrent and waits for it. Verified pieces are kept.</summary>
    public override void StopJob(bool force, string reason) => StopJob();

    /// <summary>Stops the torrent and raises StopJobCompleted.</summary>
    public override void StopJobAsync() => _ = ThenRaise(StopAsync(), OnStopJobCompleted);

    /// <summary>Stops the torrent and raises StopJobCompleted.</summary>
    public override void StopJobAsync(bool force, string reason) => StopJobAsync();

    /// <summary>Disconnects the torrent's peers and pauses it.</summary>
    public override void SuspendJob() => SuspendAsync().Wait(Patience);

    /// <summary>Disconnects the torrent's peers and pauses it.</summary>
    public override void SuspendJob(bool force, string reason) => SuspendJob();

    /// <summary>Pauses the torrent and raises SuspendJobCompleted.</summary>
    public override void SuspendJobAsync() => _ = ThenRaise(SuspendAsync(), OnSuspendJobCompleted);

    /// <summary>Pauses the torrent and raises SuspendJobCompleted.</summary>
    public override void SuspendJobAsync(bool force, string reason) => SuspendJobAsync();

    /// <summary>Resumes the torrent after SuspendJob or after a fault was fixed.</summary>
    public override void ResumeJob() => ResumeAsync().Wait(Patience);

    /// <summary>Resumes the torrent and raises ResumeJobCompleted.</summary>
    public override void ResumeJobAsync() => _ = ThenRaise(ResumeAsync(), OnResumeJobCompleted);

    /// <summary>Does nothing: a torrent never waits for user input.</summary>
    public override void UnblockJob()
    {
    }

    /// <summary>Does nothing: a torrent never waits for user input.</summary>
    public override void UnblockJobAsync() => OnUnblockJobCompleted(new AsyncCompletedEventArgs(null, false, this));

    /// <summary>Stops the torrent.</summary>
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
            Report();
            // Wait for a change of state, the next second or the end.
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
            // The loop has not handled an earlier change yet. It will see this one too.
        }
    }

    private void Report()
    {
        TorrentStatus status = new TorrentStatus(Torrent);
        if (status.State is TorrentState.Stopped or TorrentState.Failed)
            return;
        if (status.FaultId is not null && _last?.FaultId is null)
            Write(Error, ErrorRecords.Fault(Torrent.Status.Fault!, status, resumable: true));
        foreach (string warning in SessionHost.Current.TakeWarnings())
            Write(Warning, new WarningRecord(warning));
        if (_last is null || !_last.TellsTheSameAs(status))
            Write(Output, PSObject.AsPSObject(status));
        _last = status;
        SetState(status.State is TorrentState.Paused ? JobState.Suspended : JobState.Running, null);
    }

    private void Finish(EngineResult outcome)
    {
        Result = new TorrentResult(outcome);
        Write(Output, PSObject.AsPSObject(Result));
        JobState state = (outcome.Status.State, outcome.GoalReached) switch
        {
            (TorrentState.Failed, _) => JobState.Failed,
            (_, true) => JobState.Completed,
            _ => JobState.Stopped,
        };
        TorrentFault? fault = state is JobState.Failed ? outcome.Status.Fault : null;
        if (fault is not null)
            Write(Error, ErrorRecords.Fault(fault, Result, resumable: false));
        SetState(state, fault is null ? null : new TorrentException(fault.Message));
    }

    private static void Write<T>(PSDataCollection<T> stream, T item)
    {
        try
        {
            if (stream.Count >= MaxUnread)
                stream.RemoveAt(0);
            stream.Add(item);
        }
        catch (Exception e) when (e is InvalidOperationException or ObjectDisposedException
            or ArgumentOutOfRangeException)
        {
            // The job was removed, or Receive-Job emptied the stream at this moment. The item is dropped.
        }
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
            // The job was removed and has no state any more.
        }
    }

    private async Task StopAsync()
    {
        if (!_run.IsCompleted)
            SetState(JobState.Stopping, null);
        await Torrent.StopAsync().ConfigureAwait(false);
        await _run.ConfigureAwait(false);
    }

    private Task SuspendAsync()
    {
        Torrent.Pause();
        return ReachAsync(state => state is TorrentState.Paused or TorrentState.Stopped or TorrentState.Failed);
    }

    private Task ResumeAsync()
    {
        Torrent.Resume();
        return ReachAsync(state => state is not TorrentState.Paused);
    }

    /// <summary>
    /// Waits until the torrent is in a state that <paramref name="reached"/> accepts, and sets the job's state from it.
    /// </summary>
    private async Task ReachAsync(Func<TorrentState, bool> reached)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Look(object? sender, EngineStatus status)
        {
            if (reached(status.State))
                done.TrySetResult();
        }

        Torrent.StateChanged += Look;
        try
        {
            Look(this, Torrent.Status);
            await done.Task.WaitAsync(Patience).ConfigureAwait(false);
            TorrentState state = Torrent.Status.State;
            if (state is not (TorrentState.Stopped or TorrentState.Failed))
                SetState(state is TorrentState.Paused ? JobState.Suspended : JobState.Running, null);
        }
        finally
        {
            Torrent.StateChanged -= Look;
        }
    }

    private async Task ThenRaise(Task work, Action<AsyncCompletedEventArgs> raise)
    {
        Exception? error = null;
        try
        {
            await work.ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            error = e;
        }

        raise(new AsyncCompletedEventArgs(error, false, this));
    }
}
