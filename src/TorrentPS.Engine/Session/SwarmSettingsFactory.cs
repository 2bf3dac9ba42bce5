using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Session;

/// <summary>
/// Creates the settings of a swarm loop from the torrent's metadata or magnet link, the torrent's settings and the
/// session's settings.
/// </summary>
internal sealed class SwarmSettingsFactory(SessionResources session, PeerId peerId, int port)
{
    public SwarmSettings Create(TorrentContent content, TorrentSettings settings)
    {
        TorrentMetainfo metainfo = content.Metainfo;
        return new SwarmSettings
        {
            Name = metainfo.Name,
            InfoHash = metainfo.InfoHash,
            InfoHashV2 = metainfo.InfoHashV2,
            Metadata = metainfo.InfoBytes,
            Size = metainfo.Size,
            Geometry = metainfo.Geometry,
            PeerId = peerId,
            ListenPort = port,
            DhtPort = metainfo.IsPrivate ? null : (ushort?)session.PeerSources.Dht?.Port,
            IsPrivate = metainfo.IsPrivate,
            WebSeeds = WebSeedConnector.ValidUrls(metainfo),
            Priorities = content.Priorities,
            MaxPartialPieces = Math.Max(2, session.Blocks.Capacity * 3 / 4 / metainfo.Geometry.BlocksPerPiece),
            Torrent = settings,
            Session = session.Settings,
        };
    }

    public SwarmSettings Create(MagnetLink link, TorrentSettings settings) => new()
    {
        Name = link.Title,
        InfoHash = link.InfoHash,
        InfoHashV2 = link.InfoHashV2,
        Size = link.ExactLength ?? 0,
        MaxMetadataSize = (int)Math.Min(session.Settings.MaxMetadataSize, int.MaxValue),
        PeerId = peerId,
        ListenPort = port,
        DhtPort = (ushort?)session.PeerSources.Dht?.Port,
        Torrent = settings,
        Session = session.Settings,
    };

    /// <summary>Returns a copy of a swarm loop's settings with the session's current settings and DHT port.</summary>
    public SwarmSettings WithSession(SwarmSettings before) => before with
    {
        Session = session.Settings,
        DhtPort = before.IsPrivate ? null : (ushort?)session.PeerSources.Dht?.Port,
    };
}
