using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Network;

namespace TorrentPS.Engine.Transport;

/// <summary>
/// Accepts incoming TCP connections on one port, on all IPv4 and IPv6 addresses or on those of the session's binding.
/// </summary>
internal sealed class PeerListener : IDisposable
{
    /// <summary>
    /// Maximum number of connections that wait in the system's queue to be accepted. Accepting a connection takes
    /// microseconds, so only a flood of connections fills the queue.
    /// </summary>
    private const int Backlog = 128;

    private readonly Socket _socket;
    private bool _isDisposed;
    private readonly CancellationTokenSource _closing = new();
    private Task _accepting = Task.CompletedTask;

    private PeerListener(Socket socket)
    {
        _socket = socket;
        Port = ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    public int Port { get; }

    /// <summary>Listens on the first of the given ports that can be bound.</summary>
    /// <param name="binding">The local address or interface to listen on.</param>
    /// <param name="ports">The ports to try, in order. With port 0, the system chooses a port.</param>
    /// <returns>The listener; null if no port could be bound.</returns>
    public static PeerListener? TryBind(NetworkBinding binding, IEnumerable<int> ports)
    {
        foreach (int port in ports)
        {
            if (TryBind(binding, port) is { } socket)
                return new PeerListener(socket);
        }

        return null;
    }

    /// <summary>Starts to accept connections. The callback owns each accepted connection.</summary>
    public void Start(Action<PeerStream> accepted) => _accepting = AcceptAsync(accepted);

    /// <summary>Stops listening, and waits until a running callback has returned. May be called again.</summary>
    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        _closing.Cancel();
        _socket.Dispose();
        _accepting.GetAwaiter().GetResult();
        _closing.Dispose();
    }

    private static Socket? TryBind(NetworkBinding binding, int port)
    {
        Socket? socket = null;
        try
        {
            socket = binding.OpenListener(port);
            socket.Listen(Backlog);
            return socket;
        }
        catch (SocketException)
        {
            socket?.Dispose();
            return null;
        }
    }

    private async Task AcceptAsync(Action<PeerStream> accepted)
    {
        while (true)
        {
            try
            {
                accepted(new TcpStream(await _socket.AcceptAsync(_closing.Token)));
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
