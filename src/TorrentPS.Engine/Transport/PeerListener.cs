using System.Net;
using System.Net.Sockets;

namespace TorrentPS.Engine.Transport;

/// <summary>
/// Accepts incoming TCP connections on one port, either on all IPv4 and IPv6 addresses or on one address.
/// </summary>
internal sealed class PeerListener : IDisposable
{
    /// <summary>
    /// Maximum number of connections in the system's queue that wait to be accepted. Accepting a connection takes
    /// microseconds, so only a flood of connections fills the queue.
    /// </summary>
    private const int Backlog = 128;

    private readonly Socket _socket;
    private readonly CancellationTokenSource _closing = new();
    private Task _accepting = Task.CompletedTask;

    private PeerListener(Socket socket) => _socket = socket;

    public int Port => ((IPEndPoint)_socket.LocalEndPoint!).Port;

    /// <summary>Listens on the first of several ports that can be bound.</summary>
    /// <param name="address">The local address to listen on; null for all addresses.</param>
    /// <param name="ports">The ports to try, in order. With port 0, the system chooses a port.</param>
    /// <returns>The listener; null if no port could be bound.</returns>
    public static PeerListener? TryBind(IPAddress? address, IEnumerable<int> ports)
    {
        foreach (int port in ports)
        {
            if (TryBind(address, port) is { } socket)
                return new PeerListener(socket);
        }

        return null;
    }

    /// <summary>Starts to accept connections. The callback owns each accepted socket.</summary>
    public void Start(Action<Socket> accepted) => _accepting = AcceptAsync(accepted);

    /// <summary>Stops listening, and waits until a running callback has returned.</summary>
    public void Dispose()
    {
        _closing.Cancel();
        _socket.Dispose();
        _accepting.GetAwaiter().GetResult();
        _closing.Dispose();
    }

    private static Socket? TryBind(IPAddress? address, int port)
    {
        bool dual = address is null && Socket.OSSupportsIPv6;
        var endPoint = new IPEndPoint(address ?? (dual ? IPAddress.IPv6Any : IPAddress.Any), port);
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (dual)
                socket.DualMode = true;
            socket.Bind(endPoint);
            socket.Listen(Backlog);
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            return dual ? TryBind(IPAddress.Any, port) : null;
        }
    }

    private async Task AcceptAsync(Action<Socket> accepted)
    {
        while (true)
        {
            try
            {
                accepted(await _socket.AcceptAsync(_closing.Token));
            }
            catch (SocketException) when (!_closing.IsCancellationRequested)
            {
                // The connection broke before it was accepted, or the process has no file descriptor left. A later
                // accept may succeed.
                await Task.Delay(TimeSpan.FromMilliseconds(100), CancellationToken.None);
            }
            catch (Exception error)
                when (error is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                return;
            }
        }
    }
}
