using System.Net;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Addresses;

/// <summary>
/// Decides for which addresses the number of connections is limited (<see cref="PeerOrigin"/> groups the addresses).
/// </summary>
internal static class AddressLimit
{
    /// <summary>
    /// Returns whether the number of connections to an address is limited. For loopback, link-local and private
    /// addresses it is not: many peers can share such an address behind a router or in containers, and a stranger on
    /// the internet can't use it.
    /// </summary>
    public static bool AppliesTo(IPAddress address) => AddressScopes.Of(address) > AddressScope.Private;
}
