using System.Buffers;
using System.Net;
using System.Net.Sockets;

namespace TorrentPS.Engine.Dht.Packets;

/// <summary>A packet as it came; whoever handles it gives the buffer back.</summary>
/// <param name="Buffer">Rented; its first <paramref name="Length"/> bytes are the packet.</param>
/// <param name="Length">Bytes.</param>
/// <param name="From">Who sent it.</param>
internal readonly record struct ReceivedPacket(byte[] Buffer, int Length, IPEndPoint From);

/// <summary>The UDP socket of one address family. It counts what passes, and decides nothing.</summary>
internal sealed class DhtSocket : IPacketSender, IDisposable
{
    /// <summary>More than the longest packet that a node reads, so that a longer one is seen to be.</summary>
    private const int BufferLength = 2048;

    /// <summary>A second's worth of packets at the rate that a node answers.</summary>
    private const int SystemBuffer = 512 * 1024;

    private readonly Socket _socket;
    private long _bytesReceived, _bytesSent, _messagesReceived, _messagesSent;

    private DhtSocket(Socket socket) => _socket = socket;

    public AddressFamily Family => _socket.AddressFamily;

    public int Port => ((IPEndPoint)_socket.LocalEndPoint!).Port;

    public long BytesReceived => Volatile.Read(ref _bytesReceived);

    public long BytesSent => Volatile.Read(ref _bytesSent);

    public long MessagesReceived => Volatile.Read(ref _messagesReceived);

    public long MessagesSent => Volatile.Read(ref _messagesSent);

    /// <summary>Binds a port of one family: the one wanted, or else any.</summary>
    /// <returns>Null when the system has no such family, or lets no port be bound.</returns>
    public static DhtSocket? TryOpen(AddressFamily family, IPAddress? address, int port) =>
        TryBind(family, address, port) ?? (port == 0 ? null : TryBind(family, address, 0));

    /// <inheritdoc/>
    public void Send(ReadOnlySpan<byte> packet, IPEndPoint to)
    {
        try
        {
            _socket.SendTo(packet, SocketFlags.None, to);
            Interlocked.Add(ref _bytesSent, packet.Length);
            Interlocked.Increment(ref _messagesSent);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // No route, a full buffer, or the end: to the node it is a packet lost on the way, and those it expects.
        }
    }

    /// <summary>Reads packets until cancelled.</summary>
    /// <param name="take">Takes each.</param>
    /// <param name="closing">Ends it.</param>
    public async Task ReceiveAsync(Action<ReceivedPacket> take, CancellationToken closing)
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
                take(new ReceivedPacket(buffer, length, (IPEndPoint)any.Create(sender)));
                buffer = ArrayPool<byte>.Shared.Rent(BufferLength);
            }
            catch (SocketException) when (!closing.IsCancellationRequested)
            {
                // Windows tells here that somebody we sent to is not there, or that a packet was longer than the buffer. Should the
                // socket have nothing better to tell, a pause keeps this from spinning.
                await Task.Delay(TimeSpan.FromMilliseconds(10), CancellationToken.None);
            }
            catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                ArrayPool<byte>.Shared.Return(buffer);
                return;
            }
        }
    }

    public void Dispose() => _socket.Dispose();

    private static DhtSocket? TryBind(AddressFamily family, IPAddress? address, int port)
    {
        bool isV6 = family == AddressFamily.InterNetworkV6;
        if (isV6 ? !Socket.OSSupportsIPv6 : !Socket.OSSupportsIPv4)
            return null;
        Socket? socket = null;
        try
        {
            socket = new Socket(family, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = SystemBuffer, Blocking = false };
            if (isV6)
                socket.DualMode = false;
            socket.Bind(new IPEndPoint(address ?? (isV6 ? IPAddress.IPv6Any : IPAddress.Any), port));
            return new DhtSocket(socket);
        }
        catch (SocketException)
        {
            socket?.Dispose();
            return null;
        }
    }
}
