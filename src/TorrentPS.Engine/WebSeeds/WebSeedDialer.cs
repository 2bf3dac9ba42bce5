using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Policy.Addresses;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.WebSeeds;

/// <summary>
/// Connects to a web seed. The URL comes from an untrusted torrent, which must not make this client send arbitrary
/// requests to servers of the local network. So URLs with a query string are refused for a server in a private
/// network, and so are redirects from a public server into a private network.
/// </summary>
/// <param name="seed">The web seed's URL.</param>
/// <param name="local">The local address to connect from, or null for any.</param>
internal sealed class WebSeedDialer(Uri seed, IPAddress? local)
{
    private AddressScope? _scope;
    private volatile IPEndPoint? _endPoint;

    /// <summary>
    /// The remote address of the last connection: the server's, or the proxy's. Null before the first connection.
    /// </summary>
    public IPEndPoint? EndPoint => _endPoint;

    /// <summary>Connects to a host for the HTTP client: the web seed, the target of a redirect, or a proxy.</summary>
    /// <exception cref="SocketException">No address of the host can be reached.</exception>
    /// <exception cref="WebSeedException">
    /// The host is in a private network, and the request to it is refused.
    /// </exception>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        DnsEndPoint host = context.DnsEndPoint;
        IPAddress[] addresses = await Dns.GetHostAddressesAsync(host.Host, cancellation);
        if (local is not null)
            addresses = [.. addresses.Where(address => address.AddressFamily == local.AddressFamily)];
        if (addresses.Length == 0)
            throw new SocketException((int)SocketError.HostNotFound);
        Check(host.Host, addresses.Min(AddressScopes.Of));
        Socket socket = local is null
            ? new Socket(SocketType.Stream, ProtocolType.Tcp)
            : new Socket(local.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.NoDelay = true;
            if (local is not null)
                socket.Bind(new IPEndPoint(local, 0));
            await socket.ConnectAsync(addresses, host.Port, cancellation);
            _endPoint = ((IPEndPoint)socket.RemoteEndPoint!).Unmap();
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Refuses a URL with a query string for a host in a private network, and a redirect to a host of a narrower
    /// address scope than the web seed's.
    /// </summary>
    /// <exception cref="WebSeedException">The request is refused.</exception>
    internal void Check(string host, AddressScope scope)
    {
        if (host.Equals(seed.IdnHost, StringComparison.OrdinalIgnoreCase))
        {
            _scope = scope;
            if (scope != AddressScope.Global && seed.Query.Length > 0)
                throw new WebSeedException(
                    WebSeedError.Unusable, "The URL has a query, which is not sent to a server in a private network.");
        }
        else if (scope < _scope)
        {
            throw new WebSeedException(
                WebSeedError.NoFile, "The server redirects into a private network. Such redirects are not followed.");
        }
    }
}
