using TorrentPS.Engine.Runtime;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Session;

/// <summary>
/// The values by which peers and trackers recognize this client in one torrent. They stay the same while the torrent is
/// in the session.
/// </summary>
/// <param name="PeerId">The peer id in handshakes and announces.</param>
/// <param name="TrackerKey">
/// The parameter <c>key</c> of announces. By the key, a tracker recognizes this client after a change of its address.
/// </param>
internal readonly record struct TorrentIdentity(PeerId PeerId, uint TrackerKey)
{
    /// <summary>Creates an identity with a new peer id and a new key.</summary>
    public static TorrentIdentity Create(SecureRandom random) =>
        new(LocalPeerId.Create(random), (uint)random.NextInt64());

    /// <summary>Creates the identity of a torrent that is added to a session.</summary>
    /// <remarks>
    /// Public torrents share the session's peer id. A private torrent has its own, so that the trackers of two torrents
    /// can't find out that both are in the same session. A torrent without metadata may turn out to be private. It
    /// therefore gets a peer id of its own too, and keeps that id.
    /// </remarks>
    /// <param name="sessionId">The peer id of the session.</param>
    /// <param name="metainfo">The torrent's metadata; null if it is not known yet.</param>
    /// <param name="random">The source of the new peer id and the key.</param>
    public static TorrentIdentity Of(PeerId sessionId, TorrentMetainfo? metainfo, SecureRandom random)
    {
        TorrentIdentity own = Create(random);
        return metainfo is { IsPrivate: false } ? own with { PeerId = sessionId } : own;
    }
}
