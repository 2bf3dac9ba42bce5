using System.Management.Automation;
using TorrentPS.Engine;
using TorrentPS.Hosting;

namespace TorrentPS.Cmdlets;

/// <summary>Base class of cmdlets that query the DHT.</summary>
public abstract class DhtCmdlet : TorrentFileCmdlet
{
    private SessionLease? _lease;

    /// <summary>Maximum time of each lookup, in seconds.</summary>
    [Parameter]
    [ValidateRange(1, 600)]
    public int TimeoutSeconds { get; set; } = 30;

    /// <inheritdoc/>
    protected override void BeginProcessing() => this.ReadSettings();

    /// <summary>Releases the session. Its DHT nodes stay open for a minute.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _lease?.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>A session with DHT nodes: an open one, or one opened for this cmdlet.</summary>
    private protected TorrentSession Session =>
        (_lease ??= Await(SessionHost.Current.BorrowAsync(session => session.Settings.EnableDht, Cancel))).Session;

    /// <summary>Runs a lookup with its time limit. False after writing an error.</summary>
    /// <param name="target">Target object of the error.</param>
    /// <param name="search">Makes the lookup. Its token is cancelled after the time limit and by Ctrl+C.</param>
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
            WriteVerbose($"The search for {target} was ended after {TimeoutSeconds} s.");
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

    /// <summary>Whether a DHT node knows nodes that answer. Writes an error when none does.</summary>
    private protected bool RequireConnected(string target)
    {
        if (Session.Dht is { IsConnected: true })
            return true;
        WriteError(ErrorRecords.DhtUnreachable(target));
        return false;
    }
}
