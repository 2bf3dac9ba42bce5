using System.Management.Automation;
using TorrentPS.Engine;
using TorrentPS.Hosting;

namespace TorrentPS.Cmdlets;

/// <summary>
/// Base class of the cmdlets that search the DHT: borrows a session with a DHT node and limits the time of a search.
/// </summary>
public abstract class DhtCmdlet : TorrentFileCmdlet
{
    private SessionLease? _lease;

    /// <summary>Maximum seconds for each search.</summary>
    [Parameter]
    [ValidateRange(1, 600)]
    public int TimeoutSeconds { get; set; } = 30;

    /// <inheritdoc/>
    protected override void BeginProcessing() => this.ReadSettings();

    /// <summary>Returns the session, which stays open for a minute.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _lease?.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>
    /// A session with the DHT enabled. It is borrowed at first use: an open session, or else a new one.
    /// </summary>
    private protected TorrentSession Session =>
        (_lease ??= Await(SessionHost.Current.BorrowAsync(session => session.Settings.EnableDht, Cancel))).Session;

    /// <summary>Runs a search for at most -TimeoutSeconds. Returns false after writing an error.</summary>
    /// <param name="target">Name or hash of what is searched for, for messages.</param>
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
    /// Returns whether a DHT node of the session has good nodes in its routing table. Otherwise writes an error.
    /// </summary>
    private protected bool RequireConnected(string target)
    {
        if (Session.Dht is { IsConnected: true })
            return true;
        WriteError(ErrorRecords.DhtUnreachable(target));
        return false;
    }
}
