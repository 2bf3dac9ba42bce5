using System.Net;
using TorrentPS.Engine.Trackers;

namespace TorrentPS.Engine.Session;

/// <summary>For whom peers are found. Calls come from the pumps of discovery, several at once: they must return soon and not throw.</summary>
internal interface IDiscoveryUser
{
    /// <summary>What trackers are told of us.</summary>
    AnnounceProgress Progress { get; }

    /// <summary>Addresses became known.</summary>
    void PeersFound(IReadOnlyList<IPEndPoint> peers, PeerSource source);
}
