using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Network;

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
    /// <param name="binding">The local address to connect from.</param>
    /// <param name="cancellation">Cancels the attempt.</param>
    /// <exception cref="SocketException">
    /// The peer refused the connection or is unreachable, or the session must not use the address family.
    /// </exception>
    /// <exception cref="OperationCanceledException">
    /// The attempt took longer than <see cref="Timeout"/>, or it was cancelled.
    /// </exception>
    public static async Task<PeerStream> ConnectAsync(
        IPEndPoint endPoint, NetworkBinding binding, CancellationToken cancellation)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(Timeout);
        return new TcpStream(await binding.ConnectAsync(endPoint, timeout.Token));
    }
}
