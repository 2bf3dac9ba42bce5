using System.Management.Automation;
using TorrentPS.Engine;
using TorrentPS.Hosting;

namespace TorrentPS.Cmdlets;

/// <summary>What the cmdlets share that ask the DHT: a session whose node does the asking, and how long it may take.</summary>
public abstract class DhtCmdlet : TorrentFileCmdlet
{
    private SessionLease? _lease;

    /// <summary>The most seconds for each search.</summary>
    [Parameter]
    [ValidateRange(1, 600)]
    public int TimeoutSeconds { get; set; } = 30;

    /// <inheritdoc/>
    protected override void BeginProcessing() => this.ReadSettings();

    /// <summary>Gives the session back; its node stays for a while.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _lease?.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>A session that takes part in the DHT: an open one, or one opened for this.</summary>
    private protected TorrentSession Session =>
        (_lease ??= Await(SessionHost.Current.BorrowAsync(session => session.Settings.EnableDht, Cancel))).Session;

    /// <summary>Runs a search within its time; false after an error was written.</summary>
    /// <param name="target">What is searched for, for the errors.</param>
    /// <param name="search">The search; it ends when the token is cancelled.</param>
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

    /// <summary>Whether the node knows anybody; an error is written when it does not.</summary>
    private protected bool RequireConnected(string target)
    {
        if (Session.Dht is { IsConnected: true })
            return true;
        WriteError(ErrorRecords.DhtUnreachable(target));
        return false;
    }
}
