using System.Net;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Addresses;

/// <summary>
/// Decides to which peer addresses a torrent may connect. The decision depends on the source of the address.
/// </summary>
internal static class PeerAddressRules
{
    /// <summary>
    /// Lowest port to which this client connects, unless the user entered the address. Services of the system, for
    /// example mail servers, use the ports below; a hostile peer source could direct many clients to such a service.
    /// Clients choose higher ports, because ports below 1024 need special rights.
    /// </summary>
    public const int FirstUnprivilegedPort = 1024;

    /// <summary>Returns whether a torrent may connect to a peer's address.</summary>
    public static bool CanDial(IPEndPoint endPoint, PeerSource source) =>
        endPoint.Port != 0
        && AddressScopes.Of(endPoint.Address).IsUnicast()
        && (source == PeerSource.Manual || endPoint.Port >= FirstUnprivilegedPort);

    /// <summary>
    /// Returns whether a torrent may connect to the address of a peer in a magnet link. An IP address in the link may
    /// have any scope, because the user can see it. A host name must resolve to a global address. Otherwise the owner
    /// of the name could direct this client to this machine or to the local network.
    /// </summary>
    /// <param name="address">The IP address in the link, or an IP address to which the host name resolves.</param>
    /// <param name="isLiteral">Whether the link contains an IP address, not a host name.</param>
    public static bool CanUseFromLink(IPAddress address, bool isLiteral) =>
        isLiteral || AddressScopes.Of(address) == AddressScope.Global;
}
