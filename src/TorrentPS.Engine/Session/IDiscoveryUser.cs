using System.Net;
using TorrentPS.Engine.Trackers;

namespace TorrentPS.Engine.Session;

/// <summary>
/// The torrent for which <see cref="TorrentDiscovery"/> finds peers. Members are called from several threads at the
/// same time. They must return soon and must not throw.
/// </summary>
internal interface IDiscoveryUser
{
    /// <summary>
    /// The values that announces to trackers contain: bytes uploaded, downloaded and left, and this client's TCP port.
    /// </summary>
    AnnounceProgress Progress { get; }

    /// <summary>
    /// Receives peer addresses that a peer source has found. The same address may be passed several times.
    /// </summary>
    void PeersFound(IReadOnlyList<IPEndPoint> peers, PeerSource source);

    void Report(SessionEventKind kind, string message);
}
