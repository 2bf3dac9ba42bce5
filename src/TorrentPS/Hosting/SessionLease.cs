using TorrentPS.Engine;

namespace TorrentPS.Hosting;

/// <summary>
/// Keeps a session open for a cmdlet, even if no torrent runs in the session. The cmdlet disposes the lease after use.
/// </summary>
internal sealed class SessionLease(TorrentSession session, Action<SessionLease> dispose) : IDisposable
{
    public TorrentSession Session => session;

    public void Dispose() => dispose(this);
}
