using TorrentPS.Engine.Dht;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Engine.Session;

/// <summary>What a torrent's loop needs to know, as the torrent, its user and the session say it; what can change, each for itself.</summary>
/// <param name="metainfo">The torrent.</param>
/// <param name="session">What all torrents share.</param>
/// <param name="port">The port we listen on.</param>
internal sealed class SwarmSettingsFactory(TorrentMetainfo metainfo, SessionResources session, int port)
{
    /// <summary>The DHT, while there is one that the torrent may use: private ones don't (BEP 27).</summary>
    public DhtService? Dht => metainfo.IsPrivate ? null : session.PeerSources.Dht;

    /// <summary>What holds at the start.</summary>
    /// <param name="settings">What the user wants.</param>
    /// <param name="priorities">The wish for each piece.</param>
    public SwarmSettings First(TorrentSettings settings, IReadOnlyList<DownloadPriority> priorities)
    {
        var fixedTerms = new SwarmSettings
        {
            Name = metainfo.Name,
            InfoHash = metainfo.InfoHash,
            InfoHashV2 = metainfo.InfoHashV2,
            Metadata = metainfo.InfoBytes,
            Size = metainfo.Size,
            Destination = settings.Destination,
            Geometry = metainfo.Geometry,
            PeerId = session.PeerId,
            ListenPort = port,
            IsPrivate = metainfo.IsPrivate,
            WebSeeds = WebSeedConnector.Usable(metainfo),
            Role = settings.Role,
            AllowPartial = settings.AllowPartial,
            StopWhen = settings.StopWhen,
            SeedRatio = settings.SeedRatio,
            Priorities = priorities,
            MaxPartialPieces = Math.Max(2, session.Blocks.Capacity * 3 / 4 / metainfo.Geometry.BlocksPerPiece),
        };
        return OfUser(OfSession(fixedTerms), settings);
    }

    /// <summary>The same with what the session's settings say now.</summary>
    public SwarmSettings OfSession(SwarmSettings before) => before with
    {
        UsesPex = session.Settings.EnablePex,
        UsesWebSeeds = session.Settings.EnableWebSeeds,
        DhtPort = (ushort?)Dht?.Port,
    };

    /// <summary>The same with what the user can change while it runs.</summary>
    public static SwarmSettings OfUser(SwarmSettings before, TorrentSettings settings) => before with
    {
        Strategy = settings.Strategy,
        MaxPeers = settings.MaxPeers,
        Choker = settings.Choker,
        UploadSlots = settings.UploadSlots,
        SuperSeeding = settings.SuperSeeding,
    };
}
