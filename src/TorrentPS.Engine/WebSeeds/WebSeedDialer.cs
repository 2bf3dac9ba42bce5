using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Policy.Addresses;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.WebSeeds;

/// <summary>
/// Connects to a web seed. Its address comes from a stranger, who must not make us ask our own neighbours for something: a server in a
/// private network is asked for plain paths only, and no server outside can redirect into it.
/// </summary>
/// <param name="seed">The web seed's address.</param>
/// <param name="local">The local address to connect from; null leaves it to the system.</param>
internal sealed class WebSeedDialer(Uri seed, IPAddress? local)
{
    private AddressScope? _scope;
    private volatile IPEndPoint? _endPoint;

    /// <summary>The other end of the last connection; null before the first. With a proxy it is the proxy's.</summary>
    public IPEndPoint? EndPoint => _endPoint;

    /// <summary>Connects to a host that the HTTP stack wants: the seed's, one that it redirects to, or a proxy.</summary>
    /// <exception cref="SocketException">No address of the host could be reached.</exception>
    /// <exception cref="WebSeedException">The host must not be asked.</exception>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        DnsEndPoint host = context.DnsEndPoint;
        IPAddress[] addresses = await Dns.GetHostAddressesAsync(host.Host, cancellation);
        if (local is not null)
            addresses = [.. addresses.Where(address => address.AddressFamily == local.AddressFamily)];
        if (addresses.Length == 0)
            throw new SocketException((int)SocketError.HostNotFound);
        Judge(host.Host, addresses.Min(AddressScopes.Of));
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

    /// <summary>Refuses what a stranger may not have us do. A proxy is neither the seed's host nor redirected to before that was met.</summary>
    internal void Judge(string host, AddressScope scope)
    {
        if (host.Equals(seed.IdnHost, StringComparison.OrdinalIgnoreCase))
        {
            _scope = scope;
            if (scope != AddressScope.Global && seed.Query.Length > 0)
                throw new WebSeedException(WebSeedError.Unusable, "A server in a private network is not asked with a query.");
        }
        else if (scope < _scope)
        {
            throw new WebSeedException(WebSeedError.NoFile, "The server redirects into a private network, which is not followed.");
        }
    }
}
