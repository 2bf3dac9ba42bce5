using System.Management.Automation;

namespace TorrentPS.Cmdlets;

/// <summary>
/// What all cmdlets share: work runs on the pool while the pipeline thread alone writes, and Ctrl+C ends the wait at once.
/// </summary>
public abstract class TorrentCmdlet : PSCmdlet, IDisposable
{
    /// <summary>How often a progress bar is renewed: quick enough to look alive, seldom enough to cost nothing.</summary>
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(200);

    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Cancelled by Ctrl+C.</summary>
    private protected CancellationToken Cancel => _stopping.Token;

    /// <summary>Ends all that the cmdlet began.</summary>
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
            // The pipeline ended in the same moment: there is nothing left to stop.
        }
    }

    /// <summary>Ends all that the cmdlet began.</summary>
    /// <param name="disposing">Whether managed things are to be freed.</param>
    protected virtual void Dispose(bool disposing)
    {
        if (!disposing)
            return;
        // A later command may have had enough and ended the pipeline without Ctrl+C: work still under way ends here too.
        StopProcessing();
        _stopping.Dispose();
    }

    /// <summary>Waits for work begun elsewhere; Ctrl+C ends the wait.</summary>
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

    /// <summary>Runs work on the pool and shows how far it is until it ends.</summary>
    /// <param name="work">The work; it gets a place to report to and the token of Ctrl+C.</param>
    /// <param name="show">Makes the record to show from the last report.</param>
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

    /// <summary>Full file paths for what the user wrote, relative to PowerShell's location; errors are written and passed over.</summary>
    private protected IEnumerable<string> ResolvePaths(string[] paths, bool literal) =>
        paths.SelectMany(path => ResolvePath(path, literal));

    /// <summary>The full path for one that need not exist, relative to PowerShell's location.</summary>
    private protected string FullPath(string path)
    {
        string full = SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out ProviderInfo provider, out _);
        if (provider.Name != "FileSystem")
        {
            ThrowTerminatingError(ErrorRecords.InvalidArgument(
                "NotAFileSystemPath", path, new ArgumentException($"'{path}' is not in the file system."), "Name a file or folder."));
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
                List<string> found = [.. SessionState.Path.GetResolvedProviderPathFromPSPath(path, out ProviderInfo provider)];
                if (provider.Name == "FileSystem" && (found.Count > 0 || WildcardPattern.ContainsWildcardCharacters(path)))
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

    /// <summary>Keeps the last report only: a progress bar shows nothing else.</summary>
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
