using System.Net;
using System.Net.Sockets;

namespace TorrentPS.Engine.Transport;

/// <summary>
/// An open connection to a peer, independent of transport and encryption: one stream of bytes in each direction. One
/// caller may receive while another sends.
/// </summary>
internal abstract class PeerStream : IDisposable
{
    /// <exception cref="SocketException">The connection is broken.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public abstract IPEndPoint RemoteEndPoint { get; }

    /// <summary>Whether all bytes are encrypted (MSE).</summary>
    public virtual bool IsEncrypted => false;

    /// <summary>Waits until bytes arrive, and copies them to the buffer.</summary>
    /// <returns>Number of received bytes; 0 if the peer has closed the connection.</returns>
    /// <exception cref="SocketException">The connection is broken.</exception>
    public abstract ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellation);

    /// <summary>Waits until the transport accepts bytes to be sent.</summary>
    /// <returns>Number of accepted bytes: at least 1, and possibly fewer than were passed.</returns>
    /// <exception cref="SocketException">The connection is broken.</exception>
    public abstract ValueTask<int> SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation);

    /// <summary>
    /// Closes both directions. Bytes that the transport has accepted still reach the peer. Does nothing if the
    /// connection is broken.
    /// </summary>
    public abstract void Shutdown();

    public abstract void Dispose();

    /// <summary>Sends all bytes.</summary>
    /// <exception cref="SocketException">The connection is broken.</exception>
    public async ValueTask SendAllAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[await SendAsync(bytes, cancellation)..];
    }
}
