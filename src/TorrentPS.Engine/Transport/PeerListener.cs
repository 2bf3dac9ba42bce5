using System.Net;
using System.Net.Sockets;

namespace TorrentPS.Engine.Transport;

/// <summary>Listens for peers on one port: over IPv4 and IPv6, or on one address alone.</summary>
internal sealed class PeerListener : IDisposable
{
    private const int Backlog = 128;

    private readonly Socket _socket;
    private readonly CancellationTokenSource _closing = new();
    private Task _accepting = Task.CompletedTask;

    private PeerListener(Socket socket) => _socket = socket;

    /// <summary>The port.</summary>
    public int Port => ((IPEndPoint)_socket.LocalEndPoint!).Port;

    /// <summary>Binds the first port that is free.</summary>
    /// <param name="address">The only address to listen on, or null for all.</param>
    /// <param name="ports">The ports to try in order; 0 lets the system choose.</param>
    /// <returns>The listener, or null when no port is free.</returns>
    public static PeerListener? TryBind(IPAddress? address, IEnumerable<int> ports)
    {
        foreach (int port in ports)
        {
            if (TryBind(address, port) is { } socket)
                return new PeerListener(socket);
        }

        return null;
    }

    /// <summary>Begins to accept; each connection is the receiver's to close.</summary>
    public void Start(Action<Socket> accepted) => _accepting = AcceptAsync(accepted);

    /// <summary>Stops listening.</summary>
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
                // A connection that broke before it was taken, or no descriptor left: the next may do better.
                await Task.Delay(TimeSpan.FromMilliseconds(100), CancellationToken.None);
            }
            catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                return;
            }
        }
    }
}
