using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Network;

/// <summary>The kind of resource that a URL identifies.</summary>
internal enum HttpResource
{
    /// <summary>A tracker. The URL comes from a torrent or a magnet link.</summary>
    Tracker,

    /// <summary>A file of a web seed. The URL comes from a torrent or a magnet link.</summary>
    WebSeed,

    /// <summary>A file whose URL the user entered.</summary>
    UserFile,

    /// <summary>A device description or service of a gateway (UPnP). The URL comes from the gateway.</summary>
    Gateway,
}

/// <summary>
/// Decides by the server's address which HTTP requests may be sent. A torrent comes from a stranger, and must not make
/// this client send arbitrary requests to servers on this machine or in the local network.
/// </summary>
/// <remarks>
/// A torrent may name a tracker or a web seed in a private network or on this machine. Requests to such a server are
/// restricted: a redirect to it from a server of wider scope isn't followed, the URL of a web seed must not have a
/// query, and the path of a request to a tracker on this machine must begin with <c>/announce</c> or <c>/scrape</c>.
/// </remarks>
internal static class HttpAddressRules
{
    /// <summary>
    /// Allowed path prefixes in requests to a tracker on this machine. All trackers use these paths (BEP 3, BEP 48).
    /// The interfaces of other programs on this machine do not.
    /// </summary>
    private static readonly string[] s_trackerPaths = ["/announce", "/scrape"];

    /// <summary>Returns why a request must not be sent; null if it may be sent.</summary>
    /// <param name="resource">The kind of resource.</param>
    /// <param name="url">The URL that is requested: the first one, or the target of a redirect.</param>
    /// <param name="scope">The scope of the address to which this client connects.</param>
    /// <param name="redirectedFrom">
    /// The widest scope of the servers that redirected to the URL; null for the first URL.
    /// </param>
    public static string? Refusal(HttpResource resource, Uri url, AddressScope scope, AddressScope? redirectedFrom)
    {
        if (!scope.IsUnicast())
            return "The server's address belongs to no machine.";
        if (scope < redirectedFrom)
            return "The server redirects into a private network. Such redirects are not followed.";
        if (resource == HttpResource.Tracker && scope == AddressScope.Loopback && !HasTrackerPath(url))
            return "On this machine, trackers are requested only under '/announce' and '/scrape'.";
        bool isNamedByUser = resource == HttpResource.UserFile && redirectedFrom is null;
        bool mayHaveQuery = resource is HttpResource.Tracker or HttpResource.Gateway || isNamedByUser
            || scope == AddressScope.Global;
        return !mayHaveQuery && url.Query.Length > 0
            ? "The URL has a query, which is not sent to a server in a private network."
            : null;
    }

    private static bool HasTrackerPath(Uri url) => s_trackerPaths.Any(
        path => url.AbsolutePath == path || url.AbsolutePath.StartsWith($"{path}/", StringComparison.Ordinal)
            || url.AbsolutePath.StartsWith($"{path}.", StringComparison.Ordinal));
}
