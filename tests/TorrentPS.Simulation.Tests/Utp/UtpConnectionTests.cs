using System.Net.Sockets;
using TorrentPS.Engine.Transport.Utp;
using TorrentPS.Protocol.Utp;
using TorrentPS.Simulation.Utp;

namespace TorrentPS.Simulation.Tests.Utp;

/// <summary>Single connections, in virtual time.</summary>
public sealed class UtpConnectionTests
{
    private static readonly UtpLinkSettings s_link = new();

    private readonly UtpWorld _world = new(s_link, seed: 1);

    [Fact]
    public void Both_sides_end_after_the_last_byte()
    {
        UtpFlow flow = _world.AddUtp(1_000_000);
        _world.Run(10);
        Assert.Equal(1_000_000, flow.Received);
        Assert.Equal((UtpState.Closed, SocketError.Success), (flow.Sender.State, flow.Sender.Error));
        Assert.Equal((UtpState.Closed, SocketError.Success), (flow.Receiver!.State, flow.Receiver.Error));
        Assert.Equal(0, flow.Sender.BufferedBytes + flow.Receiver.BufferedBytes);
    }

    [Fact]
    public void A_reader_that_pauses_stops_the_sender_and_continues_it()
    {
        UtpFlow flow = _world.AddUtp(8_000_000);
        flow.IsReading = false;
        _world.Run(30);
        Assert.Equal(0, flow.Received);
        Assert.InRange(flow.Receiver!.BufferedBytes, 1, UtpConnection.ReceiveCapacity);
        Assert.Equal(UtpState.Connected, flow.Sender.State);
        _world.Run(300);
        Assert.Equal(UtpState.Connected, flow.Sender.State);
        flow.IsReading = true;
        flow.Resume();
        _world.Run(30);
        Assert.Equal(8_000_000, flow.Received);
        Assert.False(flow.IsCorrupt);
    }

    [Theory]
    [InlineData(1472, 1472)]
    [InlineData(1400, 1384)]
    [InlineData(1232, 1232)]
    public void The_path_mtu_is_found_without_halving_the_window(int mtu, int atLeast)
    {
        var world = new UtpWorld(s_link with { Mtu = mtu }, seed: 1);
        UtpFlow flow = world.AddUtp();
        double goodput = world.Measure(20, flow)[0] / s_link.BitsPerSecond;
        Assert.InRange(flow.Sender.PathMtuLength, atLeast, mtu);
        Assert.True(goodput > 0.85, $"{goodput:0.000}");
    }

    /// <summary>Without correction, 200 ppm shift the delay by 60 ms in five minutes.</summary>
    [Theory]
    [InlineData(1.0002)]
    [InlineData(0.9998)]
    public void Clocks_may_drift(double rate)
    {
        UtpHost from = _world.AddHost(isSender: true), to = _world.AddHost(isSender: false, rate);
        var flow = new UtpFlow(from, to);
        _world.Run(300);
        double goodput = _world.Measure(60, flow)[0] / s_link.BitsPerSecond;
        Assert.True(goodput > 0.93, $"{goodput:0.000}");
        Assert.True(_world.Waits.Max() < 0.12, $"{_world.Waits.Max():0.000} s");
    }

    [Fact]
    public void A_connection_to_a_silent_host_fails_within_10_seconds()
    {
        UtpHost from = _world.AddHost(isSender: true);
        UtpConnection connection = from.Table.Connect(UtpHost.Nowhere, from.Now)!;
        from.Flush();
        _world.Run(10);
        Assert.Equal((UtpState.Closed, SocketError.TimedOut), (connection.State, connection.Error));
        Assert.Equal(0, from.Table.Count);
    }

    [Fact]
    public void A_connection_whose_peer_vanishes_fails_within_two_minutes()
    {
        UtpHost from = _world.AddHost(isSender: true), to = _world.AddHost(isSender: false);
        var flow = new UtpFlow(from, to);
        _world.Run(5);
        to.IsGone = true;
        _world.Run(120);
        Assert.Equal((UtpState.Closed, SocketError.TimedOut), (flow.Sender.State, flow.Sender.Error));
    }

    [Fact]
    public void A_packet_of_an_unknown_connection_is_answered_with_a_reset_at_a_limited_rate()
    {
        UtpHost from = _world.AddHost(isSender: true), to = _world.AddHost(isSender: false);
        var flow = new UtpFlow(from, to);
        _world.Run(5);
        to.Forget();
        _world.Run(5);
        Assert.Equal((UtpState.Closed, SocketError.ConnectionReset), (flow.Sender.State, flow.Sender.Error));
        Assert.InRange(to.SentResets, 1, 2 * UtpTable.MaxResetsPerSecond);
    }

    [Fact]
    public void A_forged_reset_must_know_the_ids_and_the_sequence_numbers()
    {
        UtpHost from = _world.AddHost(isSender: true), to = _world.AddHost(isSender: false);
        var flow = new UtpFlow(from, to);
        _world.Run(5);
        var random = new Random(1);
        for (int i = 0; i < 2000; i++)
        {
            // At most 300 packets are on the way, of 65,536 sequence numbers.
            ushort acknowledged = (ushort)(from.LastSequence + 3000 + random.Next(50_000));
            Forge(flow.Sender.ReceiveId, acknowledged);
            Forge((ushort)(flow.Sender.ReceiveId + 2 + random.Next(60_000)), from.LastSequence);
        }

        Assert.Equal(UtpState.Connected, flow.Sender.State);
        Forge(flow.Sender.ReceiveId, from.LastSequence);
        Assert.Equal((UtpState.Closed, SocketError.ConnectionReset), (flow.Sender.State, flow.Sender.Error));

        void Forge(ushort id, ushort acknowledged)
        {
            byte[] packet = new byte[UtpHeader.Length];
            UtpPacket.WriteHeader(packet, new UtpHeader(UtpPacketType.Reset, id, 1, 1, 0, 0, acknowledged));
            from.Receive(to.Address, packet);
        }
    }

    [Fact]
    public void A_flood_of_syn_packets_takes_bounded_room_and_stops_no_connection()
    {
        UtpHost from = _world.AddHost(isSender: true), to = _world.AddHost(isSender: false);
        var flow = new UtpFlow(from, to);
        _world.Run(5);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] packet = new byte[UtpHeader.Length];
            UtpPacket.WriteHeader(packet, new UtpHeader(UtpPacketType.Syn, (ushort)(i * 7), 1, 0, 1000, 1, 0));
            to.Receive(UtpHost.Stranger(i % 500), packet);
        }

        Assert.InRange(to.Table.Count, 2, UtpTable.MaxHalfOpen + 1);
        Assert.Single(to.Accepted);
        double goodput = _world.Measure(10, flow)[0] / s_link.BitsPerSecond;
        Assert.True(goodput > 0.9, $"{goodput:0.000}");
    }

    [Fact]
    public void One_address_has_a_bounded_number_of_connections()
    {
        UtpHost from = _world.AddHost(isSender: true), to = _world.AddHost(isSender: false);
        for (int i = 0; i < 2 * UtpTable.MaxPerAddress; i++)
            from.Table.Connect(to.Address, from.Now);
        Assert.Equal(UtpTable.MaxPerAddress, from.Table.Count);
    }

    [Fact]
    public void An_idle_connection_lives()
    {
        UtpHost from = _world.AddHost(isSender: true), to = _world.AddHost(isSender: false);
        var flow = new UtpFlow(from, to, length: 0);
        Assert.Equal(UtpState.Connecting, flow.Sender.State);
        _world.Run(600);
        Assert.Equal(UtpState.Connected, flow.Sender.State);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Fuzzed_packets_cause_no_exception_and_no_growth(int seed)
    {
        var fuzz = new UtpFuzz(seed);
        fuzz.Run(300_000);
        Assert.True(fuzz.Closed > 100 && fuzz.Read > 100_000, $"{fuzz.Closed} closed, {fuzz.Read} read, seed {seed}");
        Assert.InRange(fuzz.MostConnections, 1, UtpTable.MaxConnections);
        Assert.InRange(fuzz.MostBuffered, 1, UtpConnection.SendCapacity + UtpConnection.ReceiveCapacity);
    }
}
