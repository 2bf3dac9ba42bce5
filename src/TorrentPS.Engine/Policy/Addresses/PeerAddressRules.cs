using System.Net;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Addresses;

/// <summary>Decides which addresses of peers may be connected to, by the source that named them.</summary>
internal static class PeerAddressRules
{
    /// <summary>
    /// Lowest port to which this client connects, unless the user entered the address. Services of the system, for
    /// example mail servers, use the ports below; a hostile peer source could direct many clients to such a service.
    /// Clients choose higher ports, because ports below 1024 need special rights.
    /// </summary>
    public const int FirstUnprivilegedPort = 1024;

    /// <summary>Returns whether a torrent may connect to an address that a peer source has named.</summary>
    /// <remarks>
    /// This method doesn't know which tracker, DHT node or peer sent the address. The peer source knows the sender, and
    /// also calls <see cref="AddressScopes.CanPass(IPAddress, IPAddress)"/>.
    /// </remarks>
    public static bool CanDial(IPEndPoint endPoint, PeerSource source) =>
        endPoint.Port != 0
        && AddressScopes.Of(endPoint.Address).IsUnicast()
        && (source == PeerSource.Manual || endPoint.Port >= FirstUnprivilegedPort);

    /// <summary>
    /// Returns whether a torrent may connect to an address of a peer in a magnet link. A host name may not resolve to
    /// an address of this machine or of a local network: the owner of the name can change it at any time. An IP address
    /// in the link is visible to the user, and may be local.
    /// </summary>
    /// <param name="address">The address.</param>
    /// <param name="isLiteral">Whether the link contains the address itself, not a host name.</param>
    public static bool CanUseFromLink(IPAddress address, bool isLiteral) =>
        isLiteral || AddressScopes.Of(address) == AddressScope.Global;
}
