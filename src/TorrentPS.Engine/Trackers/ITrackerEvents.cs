using System.Net;

namespace TorrentPS.Engine.Trackers;

/// <summary>What a torrent's trackers tell its swarm. Calls come from the announcer's pump, one at a time; they must return soon and not throw.</summary>
internal interface ITrackerEvents
{
    /// <summary>A tracker named peers.</summary>
    void PeersFound(Uri tracker, IReadOnlyList<IPEndPoint> peers);

    /// <summary>A tracker's status is another than before.</summary>
    void TrackerChanged(TrackerStatus status);
}
