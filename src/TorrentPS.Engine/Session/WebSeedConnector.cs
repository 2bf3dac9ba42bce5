using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Storage.Files;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Engine.WebSeeds;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Engine.Session;

/// <summary>
/// Creates the links (<see cref="WebSeedLink"/>) to one torrent's web seeds (BEP 19). They do not count against the
/// session's connection limits.
/// </summary>
/// <param name="metainfo">The torrent.</param>
/// <param name="layout">Maps the torrent's bytes to its files.</param>
/// <param name="session">The session's shared resources.</param>
/// <param name="peers">Block pool, rate limits and other resources that the links share with peer connections.</param>
/// <param name="post">Posts an event to the torrent's loop. Returns false if the torrent has ended.</param>
/// <param name="random">Source of random numbers for the links' retry delays.</param>
internal sealed class WebSeedConnector(
    TorrentMetainfo metainfo,
    ContentLayout layout,
    SessionResources session,
    PeerContext peers,
    Func<SwarmEvent, bool> post,
    Random random) : IPeerEvents
{
    /// <summary>Returns a torrent's web seed URLs, without duplicates and invalid URLs.</summary>
    public static IReadOnlyList<Uri> ValidUrls(TorrentMetainfo metainfo) =>
    [
        .. metainfo.WebSeeds
            .Select(text => WebSeedUrl.TryParse(text, out Uri? seed) ? seed : null)
            .OfType<Uri>()
            .Distinct(),
    ];

    /// <summary>Creates a link to a web seed, without starting it. Not thread-safe.</summary>
    public WebSeedOpened Open(Uri webSeed)
    {
        var content = new WebSeedContent(metainfo, layout, webSeed);
        var link = new WebSeedLink(
            content, session.Binding, session.Filter, peers with { Events = this }, new Random(random.Next()));
        return new WebSeedOpened(link, link.Start);
    }

    void IPeerEvents.Received(IBlockSource source, MessageBatch batch) => peers.Events.Received(source, batch);

    void IPeerEvents.Closed(IBlockSource source, DisconnectReason reason, string? detail) =>
        post(new PeerClosed(source, reason, detail));
}
