using System.Net;
using System.Net.Sockets;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Session;

/// <summary>The peers that a magnet link names (<c>x.pe</c>).</summary>
internal static class LinkPeers
{
    /// <summary>Looks their addresses up, one host after the other, and passes over what can't be found.</summary>
    public static async Task ResolveAsync(MagnetLink link, Action<IReadOnlyList<IPEndPoint>> found, CancellationToken cancellation)
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
                // There are other ways to find peers.
            }
        }
    }
}
