using System.Net;
using System.Net.Sockets;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Transport;

/// <summary>A TCP connection. It sends small messages at once, and limits its unsent bytes.</summary>
internal sealed class TcpStream : PeerStream
{
    private readonly Socket _socket;

    /// <param name="socket">A connected socket. The stream disposes it.</param>
    public TcpStream(Socket socket)
    {
        _socket = socket;
        try
        {
            socket.NoDelay = true;
            SendBacklog.Apply(socket);
        }
        catch (SocketException)
        {
            // The connection is broken. The first receive or send reports it.
        }
    }

    public override IPEndPoint RemoteEndPoint => ((IPEndPoint)_socket.RemoteEndPoint!).Unmap();

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellation) =>
        _socket.ReceiveAsync(buffer, SocketFlags.None, cancellation);

    public override ValueTask<int> SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation) =>
        _socket.SendAsync(bytes, SocketFlags.None, cancellation);

    public override void Shutdown()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The peer has closed the connection already.
        }
    }

    public override void Dispose() => _socket.Dispose();
}
