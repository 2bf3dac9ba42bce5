using System.Net;
using System.Net.Sockets;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.WebSeeds;

/// <summary>
/// Connects to a web seed. The URL comes from an untrusted torrent, which must not make this client send arbitrary
/// requests to servers of the local network. Two kinds of requests are therefore refused. One is a URL with a query
/// string to a server in a private network. The other is a redirect from a public server into a private network.
/// </summary>
internal sealed class WebSeedDialer(Uri seed, IPAddress? localAddress)
{
    private AddressScope? _scope;
    private volatile IPEndPoint? _endPoint;

    /// <summary>
    /// The remote address of the last connection: the server's or the proxy's. Null before the first connection.
    /// </summary>
    public IPEndPoint? EndPoint => _endPoint;

    /// <summary>
    /// Connects to a host for the HTTP client. The host is the web seed, the target of a redirect, or a proxy.
    /// </summary>
    /// <exception cref="SocketException">No address of the host can be reached.</exception>
    /// <exception cref="WebSeedException">The request is refused, because the host is in a private network.</exception>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        DnsEndPoint host = context.DnsEndPoint;
        IPAddress[] addresses = await Dns.GetHostAddressesAsync(host.Host, cancellation);
        if (localAddress is not null)
            addresses = [.. addresses.Where(address => address.AddressFamily == localAddress.AddressFamily)];
        if (addresses.Length == 0)
            throw new SocketException((int)SocketError.HostNotFound);
        Check(host.Host, addresses.Min(AddressScopes.Of));
        Socket socket = localAddress is null
            ? new Socket(SocketType.Stream, ProtocolType.Tcp)
            : new Socket(localAddress.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.NoDelay = true;
            if (localAddress is not null)
                socket.Bind(new IPEndPoint(localAddress, 0));
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
