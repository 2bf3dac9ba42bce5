using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Tracker;

namespace TorrentPS.Engine.Trackers;

internal static class TrackerPeers
{
    /// <summary>
    /// Removes the peers that the tracker must not name: those with an address of narrower scope than the tracker's
    /// (<see cref="AddressScopes.CanPass(AddressScope, AddressScope)"/>).
    /// </summary>
    public static AnnounceResponse Filter(AnnounceResponse response, AddressScope tracker) => response with
    {
        Peers = [.. response.Peers.Where(peer => AddressScopes.CanPass(AddressScopes.Of(peer.Address), tracker))],
    };
}
