using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Storage.Files;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Engine.Trackers;
using TorrentPS.Engine.WebSeeds;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Engine.Session;

/// <summary>Makes links to one torrent's web seeds, and tells its loop of them. They hold no place among the session's connections.</summary>
/// <param name="metainfo">The torrent.</param>
/// <param name="layout">How its bytes lie over its files.</param>
/// <param name="settings">What holds for the session.</param>
/// <param name="peers">What the torrent's connections share.</param>
/// <param name="post">Tells the loop something.</param>
/// <param name="random">By what pauses differ.</param>
internal sealed class WebSeedConnector(
    TorrentMetainfo metainfo, ContentLayout layout, SessionSettings settings, PeerContext peers, Func<SwarmEvent, bool> post, Random random) : IPeerEvents
{
    private readonly WebSeedOptions _options = new(settings.BindAddress, new TrackerClientOptions().UserAgent);

    /// <summary>The addresses in a torrent that can be used, each once.</summary>
    public static IReadOnlyList<Uri> Usable(TorrentMetainfo metainfo) =>
        [.. metainfo.WebSeeds.Select(text => WebSeedUrl.TryParse(text, out Uri? seed) ? seed : null).OfType<Uri>().Distinct()];

    /// <summary>Makes a link; to be called by one at a time.</summary>
    public WebSeedOpened Open(Uri webSeed)
    {
        var content = new WebSeedContent(metainfo, layout, webSeed);
        var link = new WebSeedLink(content, _options, peers with { Events = this }, new Random(random.Next()));
        return new WebSeedOpened(link, link.Start);
    }

    void IPeerEvents.Received(IBlockSource source, MessageBatch batch) => peers.Events.Received(source, batch);

    void IPeerEvents.Closed(IBlockSource source, DisconnectReason reason, string? detail) => post(new PeerClosed(source, reason, detail));
}
