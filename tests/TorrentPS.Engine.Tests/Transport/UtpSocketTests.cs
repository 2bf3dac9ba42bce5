using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using TorrentPS.Engine.Network;
using TorrentPS.Engine.Transport;
using TorrentPS.Engine.Transport.Utp;

namespace TorrentPS.Engine.Tests.Transport;

public sealed class UtpSocketTests : IDisposable
{
    private const int Length = 5_000_000;

    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _timeout = new(s_timeout);
    private readonly List<UtpSocket> _sockets = [];

    public void Dispose()
    {
        _sockets.ForEach(socket => socket.Dispose());
        _timeout.Dispose();
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task Bytes_arrive_in_both_directions_and_then_the_end(string address)
    {
        (PeerStream client, PeerStream server) = await ConnectAsync(IPAddress.Parse(address));
        byte[] up = RandomNumberGenerator.GetBytes(Length), down = RandomNumberGenerator.GetBytes(Length);
        Task<byte[]> received = ReceiveAsync(client, Length), receivedUp = ReceiveAsync(server, Length);
        await Task.WhenAll(
            client.SendAllAsync(up, _timeout.Token).AsTask(), server.SendAllAsync(down, _timeout.Token).AsTask());
        Assert.Equal(down, await received);
        Assert.Equal(up, await receivedUp);
        client.Shutdown();
        Assert.Equal(0, await server.ReceiveAsync(new byte[1], _timeout.Token));
    }

    [Fact]
    public async Task Accepted_bytes_reach_the_peer_after_shutdown()
    {
        (PeerStream client, PeerStream server) = await ConnectAsync(IPAddress.Loopback);
        byte[] bytes = RandomNumberGenerator.GetBytes(100_000);
        await client.SendAllAsync(bytes, _timeout.Token);
        client.Shutdown();
        client.Dispose();
        Assert.Equal(bytes, await ReceiveAsync(server, bytes.Length));
        Assert.Equal(0, await server.ReceiveAsync(new byte[1], _timeout.Token));
        await Assert.ThrowsAsync<SocketException>(() => client.SendAllAsync(bytes, _timeout.Token).AsTask());
    }

    [Fact]
    public async Task A_closed_socket_ends_the_connections_of_both_sides()
    {
        (PeerStream client, PeerStream server) = await ConnectAsync(IPAddress.Loopback);
        Task<int> waiting = client.ReceiveAsync(new byte[1], _timeout.Token).AsTask();
        _sockets[0].Dispose();
        await Assert.ThrowsAsync<SocketException>(() => waiting);
        SocketException reset = await Assert.ThrowsAsync<SocketException>(
            () => server.ReceiveAsync(new byte[1], _timeout.Token).AsTask());
        Assert.Equal(SocketError.ConnectionReset, reset.SocketErrorCode);
    }

    [Fact]
    public async Task An_attempt_to_connect_can_be_cancelled()
    {
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var cancellation = new CancellationTokenSource();
        Task<PeerStream> connecting = Open(AddressFamily.InterNetwork, null)
            .ConnectAsync((IPEndPoint)silent.LocalEndPoint!, cancellation.Token);
        await silent.ReceiveAsync(new byte[100], _timeout.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting);
    }

    [Fact]
    public async Task A_waiting_receiver_can_be_cancelled()
    {
        (PeerStream client, _) = await ConnectAsync(IPAddress.Loopback);
        using var cancellation = new CancellationTokenSource();
        Task<int> waiting = client.ReceiveAsync(new byte[1], cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    private async Task<byte[]> ReceiveAsync(PeerStream stream, int length)
    {
        byte[] bytes = new byte[length];
        for (int at = 0; at < length;)
        {
            int count = await stream.ReceiveAsync(bytes.AsMemory(at), _timeout.Token);
            Assert.NotEqual(0, count);
            at += count;
        }

        return bytes;
    }

    /// <summary>Connects two sockets. An accepted connection exists when its peer has sent data: one byte.</summary>
    private async Task<(PeerStream Client, PeerStream Server)> ConnectAsync(IPAddress address)
    {
        var accepted = new TaskCompletionSource<PeerStream>();
        UtpSocket client = Open(address.AddressFamily, null);
        UtpSocket server = Open(address.AddressFamily, accepted.SetResult);
        PeerStream stream = await client.ConnectAsync(
            new IPEndPoint(address, server.LocalEndPoint.Port), _timeout.Token);
        await stream.SendAllAsync(new byte[1], _timeout.Token);
        PeerStream other = await accepted.Task.WaitAsync(_timeout.Token);
        Assert.Equal(1, await other.ReceiveAsync(new byte[1], _timeout.Token));
        Assert.Equal(client.LocalEndPoint.Port, other.RemoteEndPoint.Port);
        return (stream, other);
    }

    private UtpSocket Open(AddressFamily family, Action<PeerStream>? accepted)
    {
        UtpSocket socket = UtpSocket.TryOpen(family, NetworkBinding.Any, 0, TimeProvider.System)!;
        _sockets.Add(socket);
        socket.Start(accepted);
        return socket;
    }
}
