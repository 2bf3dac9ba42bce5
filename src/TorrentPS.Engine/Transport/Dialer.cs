using System.Net;
using System.Net.Sockets;

namespace TorrentPS.Engine.Transport;

internal static class Dialer
{
    /// <summary>
    /// Maximum time to connect. In this time, the system sends TCP's first packet up to four times, so the loss of one
    /// or two packets doesn't prevent the connection.
    /// </summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    /// <summary>Opens a TCP connection to a peer.</summary>
    /// <param name="endPoint">The peer's address and port.</param>
    /// <param name="bind">
    /// The local address to connect from; null for any. Ignored if its address family differs from that of the peer's
    /// address.
    /// </param>
    /// <param name="cancellation">Cancels the attempt.</param>
    /// <exception cref="SocketException">The peer refused the connection or is unreachable.</exception>
    /// <exception cref="OperationCanceledException">
    /// The attempt took longer than <see cref="Timeout"/>, or it was cancelled.
    /// </exception>
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
