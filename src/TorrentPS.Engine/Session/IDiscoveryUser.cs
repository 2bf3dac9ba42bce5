using System.Net;
using TorrentPS.Engine.Trackers;

namespace TorrentPS.Engine.Session;

/// <summary>
/// The torrent for which <see cref="TorrentDiscovery"/> finds peers. Members are called from several threads at the
/// same time; they must return soon and not throw.
/// </summary>
internal interface IDiscoveryUser
{
    /// <summary>
    /// The bytes uploaded, downloaded and left, and this client's TCP port, as sent in announces to trackers.
    /// </summary>
    AnnounceProgress Progress { get; }

    /// <summary>
    /// Receives peer addresses that a peer source has found. The same address may be passed several times.
    /// </summary>
    void PeersFound(IReadOnlyList<IPEndPoint> peers, PeerSource source);

    /// <summary>Adds an event of the torrent to the session's event log.</summary>
    void Report(SessionEventKind kind, string message);
}
