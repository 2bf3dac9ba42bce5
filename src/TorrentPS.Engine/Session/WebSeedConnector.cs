using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Storage.Files;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Engine.Trackers;
using TorrentPS.Engine.WebSeeds;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Engine.Session;

/// <summary>
/// Makes links to one torrent's web seeds. They do not count against the session's connection limits.
/// </summary>
/// <param name="metainfo">The torrent.</param>
/// <param name="layout">The positions of the torrent's files in its content.</param>
/// <param name="settings">The session's settings.</param>
/// <param name="peers">Resources shared with the connections to peers.</param>
/// <param name="post">Posts an event to the loop.</param>
/// <param name="random">Randomness of the retry delays.</param>
internal sealed class WebSeedConnector(
    TorrentMetainfo metainfo,
    ContentLayout layout,
    SessionSettings settings,
    PeerContext peers,
    Func<SwarmEvent, bool> post,
    Random random) : IPeerEvents
{
    private readonly WebSeedOptions _options = new(settings.BindAddress, new TrackerClientOptions().UserAgent);

    /// <summary>Gets the distinct valid web seed URLs of a torrent.</summary>
    public static IReadOnlyList<Uri> Usable(TorrentMetainfo metainfo) =>
    [
        .. metainfo.WebSeeds
            .Select(text => WebSeedUrl.TryParse(text, out Uri? seed) ? seed : null)
            .OfType<Uri>()
            .Distinct(),
    ];

    /// <summary>Makes a link to a web seed. Not thread-safe.</summary>
    public WebSeedOpened Open(Uri webSeed)
    {
        var content = new WebSeedContent(metainfo, layout, webSeed);
        var link = new WebSeedLink(content, _options, peers with { Events = this }, new Random(random.Next()));
        return new WebSeedOpened(link, link.Start);
    }

    void IPeerEvents.Received(IBlockSource source, MessageBatch batch) => peers.Events.Received(source, batch);

    void IPeerEvents.Closed(IBlockSource source, DisconnectReason reason, string? detail) =>
        post(new PeerClosed(source, reason, detail));
}
