using TorrentPS.Engine.Dht;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Engine.Session;

/// <summary>Makes the settings of a swarm loop from the torrent's metadata, the torrent's settings and the session's settings.</summary>
internal sealed class SwarmSettingsFactory(TorrentMetainfo metainfo, SessionResources session, int port)
{
    /// <summary>The session's DHT service; null while the DHT is off, and for private torrents, which must not use it (BEP 27).</summary>
    public DhtService? Dht => metainfo.IsPrivate ? null : session.PeerSources.Dht;

    /// <summary>Makes the settings that the loop starts with.</summary>
    /// <param name="settings">The torrent's settings.</param>
    /// <param name="priorities">The priority of each piece; empty when all are normal.</param>
    public SwarmSettings Create(TorrentSettings settings, IReadOnlyList<DownloadPriority> priorities) => new()
    {
        Name = metainfo.Name,
        InfoHash = metainfo.InfoHash,
        InfoHashV2 = metainfo.InfoHashV2,
        Metadata = metainfo.InfoBytes,
        Size = metainfo.Size,
        Geometry = metainfo.Geometry,
        PeerId = session.PeerId,
        ListenPort = port,
        DhtPort = (ushort?)Dht?.Port,
        IsPrivate = metainfo.IsPrivate,
        WebSeeds = WebSeedConnector.Usable(metainfo),
        Priorities = priorities,
        MaxPartialPieces = Math.Max(2, session.Blocks.Capacity * 3 / 4 / metainfo.Geometry.BlocksPerPiece),
        Torrent = settings,
        Session = session.Settings,
    };

    /// <summary>Replaces the session's part of a loop's settings with the session's current settings.</summary>
    public SwarmSettings WithSession(SwarmSettings before) => before with
    {
        Session = session.Settings,
        DhtPort = (ushort?)Dht?.Port,
    };
}
