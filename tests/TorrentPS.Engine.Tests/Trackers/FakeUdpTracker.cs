using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace TorrentPS.Engine.Tests.Trackers;

/// <summary>A UDP socket on loopback with which the test plays the tracker, packet by packet.</summary>
internal sealed class FakeUdpTracker : IDisposable
{
    private readonly UdpClient _socket;

    public FakeUdpTracker(IPAddress? address = null, int port = 0) =>
        _socket = new UdpClient(new IPEndPoint(address ?? IPAddress.Loopback, port));

    public int Port => ((IPEndPoint)_socket.Client.LocalEndPoint!).Port;

    public Uri Url => new($"udp://127.0.0.1:{Port}/announce");

    public bool IsQuiet => _socket.Available == 0;

    public async Task<Packet> NextAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        UdpReceiveResult received = await _socket.ReceiveAsync(limit.Token);
        return new Packet(received.Buffer, received.RemoteEndPoint);
    }

    public void Send(IPEndPoint to, byte[] packet) => _socket.Send(packet, to);

    /// <summary>Takes a connect packet and grants the id.</summary>
    public async Task<Packet> GrantAsync(long connectionId)
    {
        Packet packet = await NextAsync();
        Assert.Equal(0x41727101980, packet.Connection);
        Assert.Equal(0, packet.Action);
        Send(packet.From, [.. Numbers(0, packet.Transaction), .. Numbers(
            (int)(connectionId >> 32), (int)connectionId)]);
        return packet;
    }

    /// <summary>Takes an announce with the given connection id and answers it with peers.</summary>
    public async Task<Packet> AnswerAsync(long connectionId, int interval, params byte[] peers)
    {
        Packet packet = await NextAsync();
        Assert.Equal((connectionId, 1), (packet.Connection, packet.Action));
        Send(packet.From, [.. Numbers(1, packet.Transaction, interval, 3, 4), .. peers]);
        return packet;
    }

    public static byte[] Numbers(params int[] numbers)
    {
        var bytes = new byte[4 * numbers.Length];
        for (int i = 0; i < numbers.Length; i++)
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4 * i), numbers[i]);
        return bytes;
    }

    public void Dispose() => _socket.Dispose();

    internal sealed record Packet(byte[] Data, IPEndPoint From)
    {
        public long Connection => BinaryPrimitives.ReadInt64BigEndian(Data);

        public int Action => BinaryPrimitives.ReadInt32BigEndian(Data.AsSpan(8));

        public int Transaction => BinaryPrimitives.ReadInt32BigEndian(Data.AsSpan(12));
    }
}
