using TorrentPS.Engine;

namespace TorrentPS.Hosting;

/// <summary>Keeps a session open for whoever needs it without a torrent; disposing gives it back.</summary>
internal sealed class SessionLease(TorrentSession session, Action<SessionLease> giveBack) : IDisposable
{
    public TorrentSession Session => session;

    public void Dispose() => giveBack(this);
}
