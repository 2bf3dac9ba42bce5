using System.Buffers;
using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Network;

namespace TorrentPS.Engine.Dht.Packets;

/// <summary>A received UDP packet. The receiver must return the buffer to the shared array pool.</summary>
/// <param name="Buffer">A rented buffer whose first <paramref name="Length"/> bytes are the packet.</param>
/// <param name="Length">The packet's length in bytes.</param>
/// <param name="From">The packet's source address and port.</param>
internal readonly record struct ReceivedPacket(byte[] Buffer, int Length, IPEndPoint From);

/// <summary>The UDP socket of one address family, with counts of the packets and bytes in each direction.</summary>
internal sealed class DhtSocket : IPacketSender, IDisposable
{
    /// <summary>
    /// Length of a receive buffer in bytes. Every valid packet is shorter. A packet that fills the buffer may have been
    /// cut off, and is rejected because of its length.
    /// </summary>
    private const int BufferLength = 2048;

    /// <summary>
    /// Size in bytes of the system's receive buffer for the socket. It is enough for the packets that arrive in about
    /// one second while no packet is read from the socket.
    /// </summary>
    private const int SystemBuffer = 512 * 1024;

    private readonly Socket _socket;
    private readonly AddressFilter _filter;
    private long _bytesReceived, _bytesSent, _messagesReceived, _messagesSent;

    private DhtSocket(Socket socket, AddressFilter filter)
    {
        _socket = socket;
        _filter = filter;
    }

    public AddressFamily Family => _socket.AddressFamily;

    public int Port => ((IPEndPoint)_socket.LocalEndPoint!).Port;

    public long BytesReceived => Volatile.Read(ref _bytesReceived);

    public long BytesSent => Volatile.Read(ref _bytesSent);

    public long MessagesReceived => Volatile.Read(ref _messagesReceived);

    public long MessagesSent => Volatile.Read(ref _messagesSent);

    /// <summary>
    /// Binds a socket to the local address or interface of <paramref name="binding"/>. Uses the requested port if
    /// possible, otherwise a port chosen by the system.
    /// </summary>
    /// <returns>
    /// Null if the system or the binding does not allow the address family, or no port can be bound.
    /// </returns>
    public static DhtSocket? TryOpen(AddressFamily family, NetworkBinding binding, AddressFilter filter, int port)
    {
        Socket? socket = binding.TryOpenUdp(family, port, SystemBuffer)
            ?? (port == 0 ? null : binding.TryOpenUdp(family, 0, SystemBuffer));
        if (socket is null)
            return null;
        socket.Blocking = false;
        return new DhtSocket(socket, filter);
    }

    /// <inheritdoc/>
    public void Send(ReadOnlySpan<byte> packet, IPEndPoint to)
    {
        if (_filter.Stops(to.Address, FilteredTraffic.Dht))
            return;
        try
        {
            _socket.SendTo(packet, SocketFlags.None, to);
            Interlocked.Add(ref _bytesSent, packet.Length);
            Interlocked.Increment(ref _messagesSent);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // No route, a full system buffer or a closed socket: the node treats the packet as lost.
        }
    }

    /// <summary>
    /// Receives packets until cancelled or until the socket is closed. Passes each packet, with ownership of its
    /// buffer, to <paramref name="received"/>.
    /// </summary>
    public async Task ReceiveAsync(Action<ReceivedPacket> received, CancellationToken closing)
    {
        var any = new IPEndPoint(Family == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        SocketAddress sender = any.Serialize();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferLength);
        while (true)
        {
            try
            {
                int length = await _socket.ReceiveFromAsync(buffer, SocketFlags.None, sender, closing);
                Interlocked.Add(ref _bytesReceived, length);
                Interlocked.Increment(ref _messagesReceived);
                var from = (IPEndPoint)any.Create(sender);
                if (_filter.Stops(from.Address, FilteredTraffic.Dht))
                    continue;
                received(new ReceivedPacket(buffer, length, from));
                buffer = ArrayPool<byte>.Shared.Rent(BufferLength);
            }
            catch (SocketException) when (!closing.IsCancellationRequested)
            {
                // Windows reports here that an earlier packet's destination was unreachable or that a packet was longer
                // than the buffer. The pause prevents a busy loop if the error persists.
                await Task.Delay(TimeSpan.FromMilliseconds(10), CancellationToken.None);
            }
            catch (Exception error) when (
                error is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                ArrayPool<byte>.Shared.Return(buffer);
                return;
            }
        }
    }

    public void Dispose() => _socket.Dispose();
}
