using System.Net;
using System.Net.Sockets;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Session;

/// <summary>Resolves the peer addresses in a magnet link (<c>x.pe</c>, BEP 9).</summary>
internal static class LinkPeers
{
    /// <summary>Resolves the link's hosts one after another. Hosts that can't be resolved are skipped.</summary>
    /// <param name="link">The link.</param>
    /// <param name="found">
    /// Called for each resolved host with the host's addresses, each with the port in the link.
    /// </param>
    /// <param name="cancellation">Cancels the resolution. Hosts that are not resolved yet are then skipped.</param>
    public static async Task ResolveAsync(
        MagnetLink link, Action<IReadOnlyList<IPEndPoint>> found, CancellationToken cancellation)
    {
        foreach (HostEndPoint peer in link.Peers)
        {
            try
            {
                IPAddress[] addresses = IPAddress.TryParse(peer.Host, out IPAddress? address)
                    ? [address]
                    : await Dns.GetHostAddressesAsync(peer.Host, cancellation);
                found([.. addresses.Select(each => new IPEndPoint(each.Unmap(), peer.Port))]);
            }
            catch (Exception error) when (error is SocketException or OperationCanceledException or ArgumentException)
            {
                // The host is skipped: peers may come from other sources.
            }
        }
    }
}
