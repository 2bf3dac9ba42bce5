using System.ComponentModel;
using System.Management.Automation;
using TorrentPS.Engine;

namespace TorrentPS.Jobs;

/// <summary>
/// The background job of one input of Start-TorrentDownload or Start-TorrentSeed. At the end, it writes the result.
/// </summary>
public abstract class TorrentJob : Job2
{
    /// <summary>
    /// Maximum time to wait until the torrent has paused, resumed or stopped. A stopping torrent waits up to three
    /// seconds for its trackers (<see cref="SessionSettings.CloseGrace"/>).
    /// </summary>
    private protected static readonly TimeSpan ChangeTimeout = TimeSpan.FromSeconds(10);

    private protected TorrentJob(string command, string name)
        : base(command, name)
    {
        PSJobTypeName = nameof(TorrentJob);
        Output.EnumeratorNeverBlocks = true;
        Error.EnumeratorNeverBlocks = true;
        Warning.EnumeratorNeverBlocks = true;
        Verbose.EnumeratorNeverBlocks = true;
    }

    /// <summary>The current status of the torrent; null if the torrent could not be started.</summary>
    public abstract TorrentStatus? Status { get; }

    /// <summary>The result of the torrent; null before it has ended.</summary>
    public abstract TorrentResult? Result { get; }

    /// <summary>
    /// The torrent's info hash in lower-case hexadecimal: the v1 hash, or the v2 hash if the torrent has no v1 hash.
    /// Null if the torrent could not be started.
    /// </summary>
    public string? InfoHash => Status?.InfoHash ?? Status?.InfoHashV2;

    /// <summary>Whether the output, error or warning stream has unread items.</summary>
    public override bool HasMoreData => Output.Count > 0 || Error.Count > 0 || Warning.Count > 0;

    /// <summary>The torrent's destination folder.</summary>
    public abstract override string Location { get; }

    /// <summary>The torrent; null if it could not be started.</summary>
    internal abstract Torrent? Torrent { get; }

    /// <summary>
    /// Throws <see cref="InvalidOperationException"/>, because a torrent job starts when it is created.
    /// </summary>
    public override void StartJob() => throw new InvalidOperationException("The torrent has been started already.");

    /// <summary>
    /// Throws <see cref="InvalidOperationException"/>, because a torrent job starts when it is created.
    /// </summary>
    public override void StartJobAsync() => StartJob();

    /// <summary>
    /// Stops the torrent and announces <c>stopped</c> to its trackers. Waits until the torrent has stopped, but at most
    /// ten seconds. Verified pieces stay on disk.
    /// </summary>
    public override void StopJob() => StopAsync().Wait(ChangeTimeout);

    /// <summary>
    /// Stops the torrent and announces <c>stopped</c> to its trackers. Waits until the torrent has stopped, but at most
    /// ten seconds. Verified pieces stay on disk.
    /// </summary>
    public override void StopJob(bool force, string reason) => StopJob();

    /// <summary>
    /// Begins to stop the torrent and returns at once. Raises StopJobCompleted when the torrent has stopped.
    /// </summary>
    public override void StopJobAsync() => _ = RaiseAfterAsync(StopAsync(), OnStopJobCompleted);

    /// <summary>
    /// Begins to stop the torrent and returns at once. Raises StopJobCompleted when the torrent has stopped.
    /// </summary>
    public override void StopJobAsync(bool force, string reason) => StopJobAsync();

    /// <summary>
    /// Pauses the torrent and disconnects its peers. Waits until the torrent has paused, but at most ten seconds.
    /// </summary>
    public override void SuspendJob() => SuspendAsync().Wait(ChangeTimeout);

    /// <summary>
    /// Pauses the torrent and disconnects its peers. Waits until the torrent has paused, but at most ten seconds.
    /// </summary>
    public override void SuspendJob(bool force, string reason) => SuspendJob();

    /// <summary>
    /// Begins to pause the torrent and returns at once. Raises SuspendJobCompleted when the torrent has paused, or with
    /// an error if it has not paused within ten seconds.
    /// </summary>
    public override void SuspendJobAsync() => _ = RaiseAfterAsync(SuspendAsync(), OnSuspendJobCompleted);

    /// <summary>
    /// Begins to pause the torrent and returns at once. Raises SuspendJobCompleted when the torrent has paused, or with
    /// an error if it has not paused within ten seconds.
    /// </summary>
    public override void SuspendJobAsync(bool force, string reason) => SuspendJobAsync();

    /// <summary>
    /// Resumes the torrent. Waits until the torrent has resumed, but at most ten seconds. If the cause of a fault
    /// remains, the torrent is paused again.
    /// </summary>
    public override void ResumeJob() => ResumeAsync().Wait(ChangeTimeout);

    /// <summary>
    /// Begins to resume the torrent and returns at once. Raises ResumeJobCompleted when the torrent has resumed, or
    /// with an error if it has not resumed within ten seconds.
    /// </summary>
    public override void ResumeJobAsync() => _ = RaiseAfterAsync(ResumeAsync(), OnResumeJobCompleted);

    /// <summary>Does nothing, because a torrent job never waits for user input.</summary>
    public override void UnblockJob()
    {
    }

    /// <summary>Raises UnblockJobCompleted at once, because a torrent job never waits for user input.</summary>
    public override void UnblockJobAsync() => OnUnblockJobCompleted(new AsyncCompletedEventArgs(null, false, this));

    /// <summary>Stops the torrent and waits until the job has its final state.</summary>
    private protected abstract Task StopAsync();

    private protected abstract Task SuspendAsync();

    private protected abstract Task ResumeAsync();

    private async Task RaiseAfterAsync(Task work, Action<AsyncCompletedEventArgs> raise)
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
