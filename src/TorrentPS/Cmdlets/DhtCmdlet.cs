using System.Management.Automation;
using TorrentPS.Engine;
using TorrentPS.Hosting;

namespace TorrentPS.Cmdlets;

/// <summary>
/// Base class of the cmdlets that search the DHT. It gets a session with a DHT node and limits the time of a search.
/// </summary>
public abstract class DhtCmdlet : TorrentFileCmdlet
{
    private SessionLease? _lease;

    /// <summary>Maximum time for each search in seconds.</summary>
    [Parameter]
    [ValidateRange(1, 600)]
    public int TimeoutSeconds { get; set; } = 30;

    /// <inheritdoc/>
    protected override void BeginProcessing() => this.ReadSettings();

    /// <summary>
    /// Ends the cmdlet's use of the session. A session without torrents closes a minute later, unless it is used again.
    /// </summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _lease?.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>
    /// The session used for searches. The first access borrows an open session that has the DHT enabled. If there is
    /// none, it borrows the session for the configured port and address, which is opened if needed.
    /// </summary>
    private protected TorrentSession Session =>
        (_lease ??= Await(SessionHost.Current.BorrowAsync(session => session.Settings.EnableDht, Cancel))).Session;

    /// <summary>
    /// Runs a search for at most -TimeoutSeconds. Returns true when the search ends or its time has run out. If the
    /// session reports an error, writes the error and returns false.
    /// </summary>
    /// <param name="target">Name or hash of the torrent or item, for error messages.</param>
    /// <param name="search">The search. It must end when the token is cancelled.</param>
    private protected bool Search(string target, Action<TorrentSession, CancellationToken> search)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        try
        {
            TorrentSession session = Session;
            limit.CancelAfter(TimeSpan.FromSeconds(TimeoutSeconds));
            search(session, limit.Token);
        }
        catch (OperationCanceledException) when (!Stopping)
        {
            WriteVerbose($"The search for '{target}' was stopped after {TimeoutSeconds} s (-TimeoutSeconds).");
        }
        catch (SessionException e)
        {
            WriteError(ErrorRecords.Session(e, target));
            return false;
        }
        finally
        {
            limit.Cancel();
        }

        return true;
    }

    /// <summary>
    /// Returns whether a DHT node of the session has good nodes in its routing table. If not, writes an error.
    /// </summary>
    private protected bool RequireConnected(string target)
    {
        if (Session.Dht is { IsConnected: true })
            return true;
        WriteError(ErrorRecords.DhtUnreachable(target));
        return false;
    }
}
