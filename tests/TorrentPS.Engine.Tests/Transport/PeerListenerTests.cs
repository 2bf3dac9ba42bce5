using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Transport;

namespace TorrentPS.Engine.Tests.Transport;

public sealed class PeerListenerTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Who_calls_is_handed_over()
    {
        var accepted = new TaskCompletionSource<Socket>(TaskCreationOptions.RunContinuationsAsynchronously);
        using PeerListener listener = PeerListener.TryBind(IPAddress.Loopback, [0])!;
        listener.Start(accepted.SetResult);

        using Socket caller = await Dialer.ConnectAsync(new IPEndPoint(IPAddress.Loopback, listener.Port), null, default);
        using Socket called = await accepted.Task.WaitAsync(s_limit);

        await caller.SendAsync(new byte[] { 7 });
        byte[] heard = new byte[1];
        await called.ReceiveAsync(heard).WaitAsync(s_limit);
        Assert.Equal(7, heard[0]);
    }

    [Fact]
    public async Task Without_an_address_it_listens_over_IPv4_and_over_IPv6_where_there_is_any()
    {
        using var accepted = new SemaphoreSlim(0);
        using PeerListener listener = PeerListener.TryBind(null, [0])!;
        listener.Start(socket =>
        {
            socket.Dispose();
            accepted.Release();
        });

        IPAddress[] addresses = Socket.OSSupportsIPv6 ? [IPAddress.Loopback, IPAddress.IPv6Loopback] : [IPAddress.Loopback];
        foreach (IPAddress address in addresses)
        {
            using Socket caller = await Dialer.ConnectAsync(new IPEndPoint(address, listener.Port), null, default);
            Assert.True(await accepted.WaitAsync(s_limit), $"{address}");
        }
    }

    [Fact]
    public void A_port_that_is_taken_is_passed_over()
    {
        using PeerListener first = PeerListener.TryBind(IPAddress.Loopback, [0])!;

        Assert.Null(PeerListener.TryBind(IPAddress.Loopback, [first.Port]));
        using PeerListener? next = PeerListener.TryBind(IPAddress.Loopback, [first.Port, 0]);
        Assert.NotEqual(first.Port, next!.Port);
    }

    [Fact]
    public async Task A_closed_listener_frees_its_port_and_answers_nobody()
    {
        PeerListener listener = PeerListener.TryBind(IPAddress.Loopback, [0])!;
        listener.Start(socket => socket.Dispose());
        int port = listener.Port;
        listener.Dispose();

        await Assert.ThrowsAsync<SocketException>(() => Dialer.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), null, default));
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("255.255.255.255")]
    [InlineData("224.0.0.1")]
    [InlineData("::")]
    [InlineData("ff02::1")]
    [InlineData("fe80::1")]
    [InlineData("::ffff:0.0.0.0")]
    public async Task An_address_where_no_peer_can_be_fails_as_any_other(string address)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));

        Exception? error = await Record.ExceptionAsync(
            () => Dialer.ConnectAsync(new IPEndPoint(IPAddress.Parse(address), 1), null, limit.Token));

        Assert.True(error is SocketException or OperationCanceledException, $"{error}");
    }

    [Fact]
    public async Task A_call_can_be_cancelled_and_comes_from_the_address_it_is_bound_to()
    {
        using PeerListener listener = PeerListener.TryBind(IPAddress.Loopback, [0])!;
        var here = new IPEndPoint(IPAddress.Loopback, listener.Port);

        using Socket bound = await Dialer.ConnectAsync(here, IPAddress.Loopback, default);
        Assert.Equal(IPAddress.Loopback, ((IPEndPoint)bound.LocalEndPoint!).Address);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Dialer.ConnectAsync(here, null, new CancellationToken(canceled: true)));
    }
}
