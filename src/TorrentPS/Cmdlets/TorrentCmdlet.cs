using System.Diagnostics.CodeAnalysis;
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
    internal static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(200);

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

    /// <summary>Writes an error, and then calls <see cref="OnError"/>.</summary>
    private protected new void WriteError(ErrorRecord error)
    {
        base.WriteError(error);
        OnError(error);
    }

    /// <summary>Whether a wildcard pattern that matches no file is an error.</summary>
    private protected virtual bool RequiresMatch => false;

    /// <summary>Called after an error was written. The base implementation does nothing.</summary>
    private protected virtual void OnError(ErrorRecord error)
    {
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

    /// <summary>
    /// Calls <paramref name="action"/> on the pipeline thread for each item, as soon as it is available. Ctrl+C cancels
    /// the enumeration.
    /// </summary>
    private protected void ForEach<T>(IAsyncEnumerable<T> items, Action<T> action)
    {
        IAsyncEnumerator<T> each = items.GetAsyncEnumerator(Cancel);
        try
        {
            // The enumerator must not be disposed while it is moving, so this waits until the cancellation took effect.
            while (each.MoveNextAsync().AsTask().GetAwaiter().GetResult())
                action(each.Current);
        }
        catch (OperationCanceledException) when (Stopping)
        {
            throw new PipelineStoppedException();
        }
        finally
        {
            each.DisposeAsync().AsTask().GetAwaiter().GetResult();
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
    /// location. Writes an error for each path that does not exist. If <see cref="RequiresMatch"/> is true, also writes
    /// an error for a wildcard pattern without matches.
    /// </summary>
    private protected IEnumerable<string> ResolvePaths(string[] paths, bool literal) =>
        paths.SelectMany(path => ResolvePath(path, literal));

    /// <summary>
    /// Returns the full path of a file or folder, which need not exist. A relative path is resolved from PowerShell's
    /// current location. Ends the pipeline with an error if the path is not in the file system.
    /// </summary>
    private protected string FullPath(string path)
    {
        if (TryGetFullPath(path, out string? full, out ErrorRecord? error))
            return full;
        ThrowTerminatingError(error);
        return "";
    }

    /// <summary>
    /// Gets the full path of a file or folder, which need not exist. A relative path is resolved from PowerShell's
    /// current location. Returns false, with an error, if the path is not in the file system.
    /// </summary>
    private protected bool TryGetFullPath(
        string path, [NotNullWhen(true)] out string? full, [NotNullWhen(false)] out ErrorRecord? error)
    {
        (full, error) = (null, null);
        try
        {
            string resolved = SessionState.Path.GetUnresolvedProviderPathFromPSPath(
                path, out ProviderInfo provider, out _);
            if (provider.Name == "FileSystem")
                full = resolved;
            else
                error = ErrorRecords.NotAFileSystemPath(path);
        }
        catch (SessionStateException e)
        {
            error = ErrorRecords.NotAFileSystemPath(path, e);
        }

        return full is not null;
    }

    /// <summary>
    /// Ends the pipeline with an error if one of these parameters is in the command line and its value is empty: null,
    /// an empty string or array, or an array with a null or empty element. In a command line, an empty value is usually
    /// the result of a misspelt variable. An empty property of an input object is allowed and means that the value is
    /// not given. Call this method from BeginProcessing, when only the parameters of the command line are bound.
    /// </summary>
    private protected void RequireValues(IEnumerable<string> names)
    {
        foreach (string name in names)
        {
            if (MyInvocation.BoundParameters.TryGetValue(name, out object? value) && IsEmpty(value))
            {
                ThrowTerminatingError(ErrorRecords.InvalidArgument(
                    "EmptyArgument",
                    name,
                    new ArgumentException($"The value of -{name} is empty."),
                    "Omit the parameter, or check that the variable has a value."));
            }
        }
    }

    /// <summary>
    /// Ends the pipeline with an error if more than one of these parameters is in the command line. Call this method
    /// from BeginProcessing, when only the parameters of the command line are bound.
    /// </summary>
    private protected void RequireAtMostOne(IReadOnlyList<string> names)
    {
        string[] given = [.. names.Where(MyInvocation.BoundParameters.ContainsKey)];
        if (given.Length < 2)
            return;
        ThrowTerminatingError(ErrorRecords.InvalidArgument(
            "ParametersConflict",
            given[1],
            new ArgumentException($"-{given[0]} and -{given[1]} cannot be used together."),
            "Use one of them. Name the other parameters too, such as -Destination: a value without a name is "
            + $"-{names[0]}."));
    }

    /// <summary>
    /// Reports that a required value is missing. With pipeline input, writes the error, and the cmdlet continues with
    /// the next input object. Without pipeline input, ends the pipeline with the error.
    /// </summary>
    private protected void ReportNothingGiven(ErrorRecord error)
    {
        if (MyInvocation.ExpectingInput)
            WriteError(error);
        else
            ThrowTerminatingError(error);
    }

    private static bool IsEmpty(object? value) => value switch
    {
        null or "" => true,
        string[] texts => texts.Length == 0 || texts.Any(string.IsNullOrEmpty),
        _ => false,
    };

    /// <summary>Returns the texts that are not null and not empty.</summary>
    private protected static string[] Given(string[]? texts) =>
        [.. (texts ?? []).Where(text => !string.IsNullOrEmpty(text))];

    private List<string> ResolvePath(string path, bool literal)
    {
        TorrentException? error = null;
        try
        {
            if (literal)
            {
                if (!TryGetFullPath(path, out string? full, out ErrorRecord? invalid))
                {
                    WriteError(invalid);
                    return [];
                }

                if (Path.Exists(full))
                    return [full];
            }
            else
            {
                List<string> found = [.. SessionState.Path.GetResolvedProviderPathFromPSPath(
                    path, out ProviderInfo provider)];
                bool isPattern = WildcardPattern.ContainsWildcardCharacters(path);
                if (provider.Name == "FileSystem" && (found.Count > 0 || (isPattern && !RequiresMatch)))
                    return found;
                if (isPattern)
                    error = new TorrentException($"No file matches '{path}'.");
            }

            WriteError(ErrorRecords.NotFound(path, error));
        }
        catch (Exception e) when (
            e is SessionStateException or WildcardPatternException or ProviderInvocationException)
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
