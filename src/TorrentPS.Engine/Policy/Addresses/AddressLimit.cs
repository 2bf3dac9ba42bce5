using System.Net;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Addresses;

/// <summary>
/// Decides for which addresses the number of connections is limited (<see cref="PeerOrigin"/> groups the addresses).
/// </summary>
internal static class AddressLimit
{
    /// <summary>
    /// Returns whether the number of connections to an address is limited. Loopback, link-local and private addresses
    /// are not: many machines share them behind one router or in containers, and strangers can't use them.
    /// </summary>
    public static bool AppliesTo(IPAddress address) => AddressScopes.Of(address) > AddressScope.Private;
}
