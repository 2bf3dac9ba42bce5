using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using TorrentPS.Engine.Network;
using TorrentPS.Engine.PortMapping;
using TorrentPS.Protocol.PortMapping;

namespace TorrentPS.Engine.Tests.PortMapping;

/// <summary>The sockets of port mapping, with a gateway of the test on a loopback address.</summary>
public sealed class PortMapperTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_gateway_gives_its_external_address_until_its_mappings_are_removed()
    {
        // Other systems have only one loopback address, whose port 5351 may be in use.
        if (!OperatingSystem.IsLinux())
            return;
        var address = new IPAddress([127, 77, (byte)(Environment.ProcessId >> 8), (byte)Environment.ProcessId]);
        using var gateway = new UdpClient(new IPEndPoint(address, NatPmpRequest.Port));
        var addresses = Channel.CreateUnbounded<(IPAddress Gateway, IPAddress? External)>();
        var mapper = new PortMapper(
            NetworkBinding.Any,
            TimeProvider.System,
            (_, _) => { },
            (from, external) => addresses.Writer.TryWrite((from, external)),
            _ => [new Gateway("lo", IPAddress.Loopback, address)]);

        mapper.Use([new LocalPort(MappedTransport.Tcp, 6881)]);
        await AnswerAsync(gateway);
        using var limit = new CancellationTokenSource(s_limit);
        Assert.Equal((address, IPAddress.Parse("203.0.113.5")), await addresses.Reader.ReadAsync(limit.Token));
        (DiscoveryStatus state, IReadOnlyList<GatewayStatus> gateways) = mapper.Status;
        Assert.Equal(DiscoveryStatus.Running, state);
        Assert.Equal(
            $"lo ({address}, PCP): TCP 203.0.113.5:6881 to 6881", Assert.Single(gateways).ToString());

        Task closed = mapper.DisposeAsync().AsTask();
        byte[] removal = await AnswerAsync(gateway);
        await closed.WaitAsync(s_limit);
        Assert.Equal(new byte[4], removal[4..8]);
        Assert.Equal((address, null), await addresses.Reader.ReadAsync(limit.Token));
    }

    /// <summary>Answers one PCP request with the lifetime that it requests.</summary>
    private static async Task<byte[]> AnswerAsync(UdpClient gateway)
    {
        using var limit = new CancellationTokenSource(s_limit);
        UdpReceiveResult request = await gateway.ReceiveAsync(limit.Token);
        byte[] answer = [.. request.Buffer];
        answer[1] |= 0x80;
        answer.AsSpan(8, 16).Clear();
        IPAddress.Parse("203.0.113.5").MapToIPv6().TryWriteBytes(answer.AsSpan(44), out _);
        await gateway.SendAsync(answer, request.RemoteEndPoint, limit.Token);
        return request.Buffer;
    }
}
