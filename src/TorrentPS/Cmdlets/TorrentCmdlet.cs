using System.Management.Automation;

namespace TorrentPS.Cmdlets;

/// <summary>
/// Base class of the module's cmdlets. It has methods to wait for work on the thread pool; Ctrl+C ends such a wait at
/// once.
/// </summary>
public abstract class TorrentCmdlet : PSCmdlet, IDisposable
{
    /// <summary>
    /// Interval between updates of a progress bar. It is short enough for a smooth display, and the updates take little
    /// time.
    /// </summary>
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(200);

    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Token that is cancelled when the user presses Ctrl+C or the pipeline ends.</summary>
    private protected CancellationToken Cancel => _stopping.Token;

    /// <summary>Cancels the work that the cmdlet started.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc/>
    protected override void StopProcessing()
    {
        try
        {
            _stopping.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The pipeline ended at the same time. Nothing is left to cancel.
        }
    }

    /// <summary>Cancels the work that the cmdlet started.</summary>
    /// <param name="disposing">True if <see cref="Dispose()"/> is the caller.</param>
    protected virtual void Dispose(bool disposing)
    {
        if (!disposing)
            return;
        // The pipeline can also end without Ctrl+C, for example by a later command such as Select-Object -First. This
        // cancels the running work.
        StopProcessing();
        _stopping.Dispose();
    }

    /// <summary>Waits for a task and returns its result. Ctrl+C ends the wait, but not the task.</summary>
    private protected T Await<T>(Task<T> work)
    {
        try
        {
            return work.WaitAsync(Cancel).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException) when (Stopping)
        {
            throw new PipelineStoppedException();
        }
    }

    /// <summary>Runs work on the thread pool and returns its result. Shows a progress bar meanwhile.</summary>
    /// <param name="work">
    /// The work. It gets a receiver for its progress reports, and a token that Ctrl+C cancels.
    /// </param>
    /// <param name="show">Creates the record of the progress bar for a progress report.</param>
    private protected T RunWithProgress<T, TReport>(
        Func<IProgress<TReport>, CancellationToken, Task<T>> work, Func<TReport, ProgressRecord> show)
        where TReport : struct
    {
        var latest = new LatestReport<TReport>();
        Task<T> running = Task.Run(() => work(latest, Cancel));
        ProgressRecord? shown = null;
        try
        {
            while (!((IAsyncResult)running).AsyncWaitHandle.WaitOne(ProgressInterval))
            {
                if (latest.Value is { } report)
                    WriteProgress(shown = show(report));
            }

            return running.GetAwaiter().GetResult();
        }
        catch (OperationCanceledException) when (Stopping)
        {
            throw new PipelineStoppedException();
        }
        finally
        {
            if (shown is not null && !Stopping)
            {
                shown.RecordType = ProgressRecordType.Completed;
                WriteProgress(shown);
            }
        }
    }

    /// <summary>
    /// Returns the full paths of existing files and folders. Relative paths are resolved from PowerShell's current
    /// location. Writes an error for each path that does not exist, but not for a wildcard pattern without matches.
    /// </summary>
    private protected IEnumerable<string> ResolvePaths(string[] paths, bool literal) =>
        paths.SelectMany(path => ResolvePath(path, literal));

    /// <summary>
    /// Returns the full path of a file or folder, which need not exist. A relative path is resolved from PowerShell's
    /// current location. Ends the pipeline with an error if the path is not in the file system.
    /// </summary>
    private protected string FullPath(string path)
    {
        string full = SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out ProviderInfo provider, out _);
        if (provider.Name != "FileSystem")
        {
            ThrowTerminatingError(ErrorRecords.InvalidArgument(
                "NotAFileSystemPath",
                path,
                new ArgumentException($"'{path}' is not a path of the file system."),
                "Give the path of a file or folder."));
        }

        return full;
    }

    private List<string> ResolvePath(string path, bool literal)
    {
        try
        {
            if (literal)
            {
                string full = FullPath(path);
                if (Path.Exists(full))
                    return [full];
            }
            else
            {
                List<string> found = [.. SessionState.Path.GetResolvedProviderPathFromPSPath(
                    path, out ProviderInfo provider)];
                if (provider.Name == "FileSystem"
                    && (found.Count > 0 || WildcardPattern.ContainsWildcardCharacters(path)))
                    return found;
            }

            WriteError(ErrorRecords.NotFound(path));
        }
        catch (SessionStateException e)
        {
            WriteError(ErrorRecords.NotFound(path, e));
        }

        return [];
    }

    /// <summary>Receives progress reports and keeps only the latest.</summary>
    private sealed class LatestReport<TReport> : IProgress<TReport>
        where TReport : struct
    {
        private readonly Lock _gate = new();
        private TReport? _value;

        public TReport? Value
        {
            get
            {
                lock (_gate)
                    return _value;
            }
        }

        public void Report(TReport value)
        {
            lock (_gate)
                _value = value;
        }
    }
}
