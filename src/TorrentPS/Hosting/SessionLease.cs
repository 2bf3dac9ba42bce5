using TorrentPS.Engine;

namespace TorrentPS.Hosting;

/// <summary>
/// Keeps a session open for a cmdlet that uses the session without a torrent. The cmdlet disposes the lease after use.
/// </summary>
internal sealed class SessionLease(TorrentSession session, Action<SessionLease> dispose) : IDisposable
{
    public TorrentSession Session => session;

    public void Dispose() => dispose(this);
}
