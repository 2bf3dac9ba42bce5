using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Network;
using TorrentPS.Engine.Transport;

namespace TorrentPS.Engine.Tests.Transport;

public sealed class PeerListenerTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task An_accepted_connection_is_passed_to_the_callback()
    {
        var accepted = new TaskCompletionSource<PeerStream>(TaskCreationOptions.RunContinuationsAsynchronously);
        using PeerListener listener = PeerListener.TryBind(new NetworkBinding(IPAddress.Loopback), [0])!;
        listener.Start(accepted.SetResult);

        using PeerStream caller = await Dialer.ConnectAsync(
            new IPEndPoint(IPAddress.Loopback, listener.Port), NetworkBinding.Any, default);
        using PeerStream called = await accepted.Task.WaitAsync(s_limit);

        await caller.SendAsync(new byte[] { 7 }, default);
        byte[] received = new byte[1];
        Assert.Equal(1, await called.ReceiveAsync(received, default).AsTask().WaitAsync(s_limit));
        Assert.Equal(7, received[0]);
    }

    [Fact]
    public async Task Without_an_address_the_listener_accepts_IPv4_and_IPv6()
    {
        using var accepted = new SemaphoreSlim(0);
        using PeerListener listener = PeerListener.TryBind(NetworkBinding.Any, [0])!;
        listener.Start(stream =>
        {
            stream.Dispose();
            accepted.Release();
        });

        IPAddress[] addresses = Socket.OSSupportsIPv6 ? [IPAddress.Loopback, IPAddress.IPv6Loopback] : [IPAddress.Loopback];
        foreach (IPAddress address in addresses)
        {
            using PeerStream caller = await Dialer.ConnectAsync(new IPEndPoint(address, listener.Port), NetworkBinding.Any, default);
            Assert.True(await accepted.WaitAsync(s_limit), $"{address}");
        }
    }

    [Fact]
    public void A_port_in_use_is_skipped()
    {
        using PeerListener first = PeerListener.TryBind(new NetworkBinding(IPAddress.Loopback), [0])!;

        Assert.Null(PeerListener.TryBind(new NetworkBinding(IPAddress.Loopback), [first.Port]));
        using PeerListener? next = PeerListener.TryBind(new NetworkBinding(IPAddress.Loopback), [first.Port, 0]);
        Assert.NotEqual(first.Port, next!.Port);
    }

    [Fact]
    public async Task A_closed_listener_releases_its_port_and_accepts_nothing()
    {
        PeerListener listener = PeerListener.TryBind(new NetworkBinding(IPAddress.Loopback), [0])!;
        listener.Start(stream => stream.Dispose());
        int port = listener.Port;
        listener.Dispose();

        await Assert.ThrowsAsync<SocketException>(() => Dialer.ConnectAsync(
            new IPEndPoint(IPAddress.Loopback, port), NetworkBinding.Any, default));
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("255.255.255.255")]
    [InlineData("224.0.0.1")]
    [InlineData("::")]
    [InlineData("ff02::1")]
    [InlineData("fe80::1")]
    [InlineData("::ffff:0.0.0.0")]
    public async Task An_invalid_peer_address_fails_with_a_socket_error(string address)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));

        Exception? error = await Record.ExceptionAsync(
            () => Dialer.ConnectAsync(new IPEndPoint(IPAddress.Parse(address), 1), NetworkBinding.Any, limit.Token));

        Assert.True(error is SocketException or OperationCanceledException, $"{error}");
    }

    [Fact]
    public async Task A_connection_attempt_can_be_cancelled_and_uses_the_bind_address()
    {
        using PeerListener listener = PeerListener.TryBind(new NetworkBinding(IPAddress.Loopback), [0])!;
        var here = new IPEndPoint(IPAddress.Loopback, listener.Port);

        using Socket bound = await new NetworkBinding(IPAddress.Loopback).ConnectAsync(here, default);
        Assert.Equal(IPAddress.Loopback, ((IPEndPoint)bound.LocalEndPoint!).Address);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Dialer.ConnectAsync(
            here, NetworkBinding.Any, new CancellationToken(canceled: true)));
    }

    [SkippableFact]
    public async Task A_bind_address_rules_out_the_other_address_family()
    {
        Skip.IfNot(Socket.OSSupportsIPv6, "There is no IPv6.");
        PeerListener listener = PeerListener.TryBind(new NetworkBinding(IPAddress.IPv6Loopback), [0])!;
        bool isAccepted = false;
        listener.Start(stream =>
        {
            isAccepted = true;
            stream.Dispose();
        });

        SocketException error = await Assert.ThrowsAsync<SocketException>(() => Dialer.ConnectAsync(
            new IPEndPoint(IPAddress.IPv6Loopback, listener.Port), new NetworkBinding(IPAddress.Loopback), default));

        Assert.Equal(SocketError.AddressFamilyNotSupported, error.SocketErrorCode);
        listener.Dispose();
        Assert.False(isAccepted);
    }
}
