using System.Net;
using System.Net.Sockets;

namespace TorrentPS.Engine.Transport;

/// <summary>Connects to peers.</summary>
internal static class Dialer
{
    /// <summary>How long a connection may take to stand: three SYNs.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    /// <summary>Connects.</summary>
    /// <param name="endPoint">Where to.</param>
    /// <param name="bind">The local address to come from, or null.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    /// <exception cref="SocketException">Nobody answers there.</exception>
    /// <exception cref="OperationCanceledException">It took too long, or was cancelled.</exception>
    public static async Task<Socket> ConnectAsync(IPEndPoint endPoint, IPAddress? bind, CancellationToken cancellation)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (bind is not null && bind.AddressFamily == endPoint.AddressFamily)
                socket.Bind(new IPEndPoint(bind, 0));
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            timeout.CancelAfter(Timeout);
            await socket.ConnectAsync(endPoint, timeout.Token);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
