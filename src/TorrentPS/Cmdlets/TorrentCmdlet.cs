using System.Management.Automation;

namespace TorrentPS.Cmdlets;

/// <summary>
/// Base class of all cmdlets. Work runs on pool threads, only the pipeline thread writes output, and Ctrl+C ends every
/// wait at once.
/// </summary>
public abstract class TorrentCmdlet : PSCmdlet, IDisposable
{
    /// <summary>
    /// Interval between updates of a progress bar. Five a second look fluent and cost nothing measurable.
    /// </summary>
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(200);

    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Cancelled by Ctrl+C.</summary>
    private protected CancellationToken Cancel => _stopping.Token;

    /// <summary>Cancels the cmdlet's running work.</summary>
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
            // The pipeline ended at this moment: there is no work to cancel.
        }
    }

    /// <summary>Cancels the cmdlet's running work.</summary>
    /// <param name="disposing">Whether <see cref="Dispose()"/> is running, not a finaliser.</param>
    protected virtual void Dispose(bool disposing)
    {
        if (!disposing)
            return;
        // A later command such as Select-Object -First can end the pipeline without Ctrl+C: cancel running work in this
        // case too.
        StopProcessing();
        _stopping.Dispose();
    }

    /// <summary>Waits for a task. Ctrl+C ends the wait.</summary>
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

    /// <summary>Runs work on a pool thread and shows a progress bar until it ends.</summary>
    /// <param name="work">The work. It gets a receiver of progress reports and the token of Ctrl+C.</param>
    /// <param name="show">Makes the progress record from a report.</param>
    private protected T RunWithProgress<T, TReport>(
        Func<IProgress<TReport>, CancellationToken, Task<T>> work, Func<TReport, ProgressRecord> show)
        where TReport : struct
    {
        var latest = new Latest<TReport>();
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
    /// Resolves paths relative to PowerShell's location. Writes an error for each path that is not found.
    /// </summary>
    private protected IEnumerable<string> ResolvePaths(string[] paths, bool literal) =>
        paths.SelectMany(path => ResolvePath(path, literal));

    /// <summary>Makes a full path, relative to PowerShell's location. The file need not exist.</summary>
    private protected string FullPath(string path)
    {
        string full = SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out ProviderInfo provider, out _);
        if (provider.Name != "FileSystem")
        {
            ThrowTerminatingError(ErrorRecords.InvalidArgument(
                "NotAFileSystemPath",
                path,
                new ArgumentException($"'{path}' is not in the file system."),
                "Name a file or folder."));
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
                List<string> found =
                    [.. SessionState.Path.GetResolvedProviderPathFromPSPath(path, out ProviderInfo provider)];
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

    /// <summary>Keeps only the latest report, which is what a progress bar shows.</summary>
    private sealed class Latest<TReport> : IProgress<TReport>
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
