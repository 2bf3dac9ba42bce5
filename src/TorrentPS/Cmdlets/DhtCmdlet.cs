using System.Management.Automation;
using TorrentPS.Engine;
using TorrentPS.Hosting;

namespace TorrentPS.Cmdlets;

/// <summary>
/// Base class of the cmdlets that search the DHT. It provides a session with a DHT node, and limits the time of each
/// search.
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
    /// Ends the cmdlet's use of its session. A session that no torrent and no cmdlet uses is closed after one minute.
    /// Until then, another DHT cmdlet can use the open session.
    /// </summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _lease?.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>
    /// The session used for searches: an open session that has the DHT enabled, or else the session with the port and
    /// address in the settings. The latter is opened if needed.
    /// </summary>
    private protected TorrentSession Session =>
        (_lease ??= Await(SessionHost.Current.LeaseAsync(session => session.Settings.EnableDht, Cancel))).Session;

    /// <summary>
    /// Runs a search until it ends or -TimeoutSeconds have passed. Writes an error if the search throws a
    /// <see cref="SessionException"/>.
    /// </summary>
    /// <param name="target">Name or hash of the torrent or item, for messages.</param>
    /// <param name="search">Function that runs the search. It must return or throw when its token is cancelled.</param>
    /// <returns>False if an error was written; otherwise true.</returns>
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
    /// Returns whether the routing table of a DHT node of the session contains a good node. If not, writes an error.
    /// </summary>
    private protected bool RequireConnected(string target)
    {
        if (Session.Dht is { IsConnected: true })
            return true;
        WriteError(ErrorRecords.DhtUnreachable(target));
        return false;
    }
}
