namespace TorrentPS;

/// <summary>
/// Base class of what a torrent job writes: statuses, and a result at the end. The views of both types accept this
/// class, so that one table or list shows statuses and results in any order.
/// </summary>
public abstract class TorrentOutput
{
    private protected TorrentOutput()
    {
    }
}
