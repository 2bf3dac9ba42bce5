using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Policy.Addresses;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Session;

/// <summary>Resolves the peer addresses in a magnet link (<c>x.pe</c>, BEP 9).</summary>
internal static class LinkPeers
{
    /// <summary>
    /// Maximum number of hosts of one link that are resolved. Most links have one or two hosts. The limit bounds the
    /// number of DNS queries and connections that a hostile link causes.
    /// </summary>
    public const int MaxHosts = 50;

    /// <summary>
    /// Maximum number of addresses of one host name that are used. The host name of one peer usually has one IPv4 and
    /// one IPv6 address. A host name that stands for several peers has a few more addresses.
    /// </summary>
    public const int MaxAddressesPerHost = 8;

    /// <summary>
    /// Resolves the link's hosts one after another. Hosts that can't be resolved are skipped, and so are addresses that
    /// the link must not name (<see cref="PeerAddressRules.CanUseFromLink"/>).
    /// </summary>
    /// <param name="link">The link.</param>
    /// <param name="found">
    /// Called for each resolved host with the host's addresses, each with the port in the link.
    /// </param>
    /// <param name="resolve">Resolves a host name.</param>
    /// <param name="cancellation">Cancels the resolution. Hosts that are not resolved yet are then skipped.</param>
    public static async Task ResolveAsync(
        MagnetLink link,
        Action<IReadOnlyList<IPEndPoint>> found,
        Func<string, CancellationToken, Task<IPAddress[]>> resolve,
        CancellationToken cancellation)
    {
        foreach (HostEndPoint peer in link.Peers.Take(MaxHosts))
        {
            try
            {
                bool isLiteral = IPAddress.TryParse(peer.Host, out IPAddress? literal);
                IPAddress[] addresses = isLiteral
                    ? [literal!]
                    : await resolve(peer.Host, cancellation);
                found(
                [
                    .. addresses
                        .Where(address => PeerAddressRules.CanUseFromLink(address, isLiteral))
                        .Take(MaxAddressesPerHost)
                        .Select(address => new IPEndPoint(address.Unmap(), peer.Port)),
                ]);
            }
            catch (Exception error) when (error is SocketException or OperationCanceledException or ArgumentException)
            {
                // The host is skipped: peers may come from other sources.
            }
        }
    }
}
