using System.Net;
using TorrentPS.Engine.PortMapping;
using TorrentPS.Protocol.PortMapping;

namespace TorrentPS.Engine.Tests.PortMapping;

/// <summary>A mapper in virtual time, with what it has sent and reported.</summary>
internal sealed class FakeGateway : IGatewayLink
{
    public static readonly LocalPort Tcp = new(MappedTransport.Tcp, 6881);
    public static readonly LocalPort Udp = new(MappedTransport.Udp, 6881);
    public static readonly Uri Location = new("http://192.168.1.1:5000/rootDesc.xml");

    public FakeGateway(string local = "192.168.1.2", string gateway = "192.168.1.1") => Mapper = new GatewayMapper(
        new Gateway("eth0", IPAddress.Parse(local), IPAddress.Parse(gateway)),
        this,
        new Random(1),
        (kind, message) => Events.Add((kind, message)));

    public GatewayMapper Mapper { get; }

    public TimeSpan Now { get; private set; }

    public List<(TimeSpan At, byte[] Packet)> Packets { get; } = [];

    public int Searches { get; private set; }

    public List<Uri> Descriptions { get; } = [];

    public List<UpnpAction> Actions { get; } = [];

    public List<(SessionEventKind Kind, string Message)> Events { get; } = [];

    public byte[][] PcpPackets => [.. Packets.Select(sent => sent.Packet).Where(packet => packet[0] == 2)];

    public byte[][] NatPmpPackets => [.. Packets.Select(sent => sent.Packet).Where(packet => packet[0] == 0)];

    void IGatewayLink.Send(byte[] packet) => Packets.Add((Now, packet));

    void IGatewayLink.Search() => Searches++;

    void IGatewayLink.Describe(Uri location) => Descriptions.Add(location);

    void IGatewayLink.Invoke(UpnpAction action) => Actions.Add(action);

    public void Use(params LocalPort[] ports) => Mapper.Use(ports, Now);

    /// <summary>Advances the time, with a tick whenever the mapper needs one.</summary>
    public void Advance(TimeSpan by)
    {
        TimeSpan end = Now + by;
        while (Mapper.NextTick is { } next && next <= end)
        {
            Now = next > Now ? next : Now;
            Mapper.Tick(Now);
        }

        Now = end;
    }

    /// <summary>Advances the time until PCP and NAT-PMP were given up.</summary>
    public void SkipToUpnp()
    {
        Mapper.OnUnreachable(Now);
        Mapper.OnUnreachable(Now);
        Assert.Equal(1, Searches);
    }

    /// <summary>Answers a PCP request as a gateway does.</summary>
    public void AnswerPcp(
        byte[] request, PcpResult result = PcpResult.Success, uint lifetime = 7200, uint? epoch = null, ushort? port = null)
    {
        byte[] answer = [.. request];
        answer[1] |= 0x80;
        answer[3] = (byte)result;
        BitConverter.TryWriteBytes(answer.AsSpan(4), Swap(request[7] == 0 && request[6] == 0 ? 0 : lifetime));
        answer.AsSpan(8, 16).Clear();
        BitConverter.TryWriteBytes(answer.AsSpan(8), Swap(epoch ?? (uint)Now.TotalSeconds + 1000));
        if (port is { } given)
            (answer[42], answer[43]) = ((byte)(given >> 8), (byte)given);
        IPAddress.Parse("203.0.113.5").MapToIPv6().TryWriteBytes(answer.AsSpan(44), out _);
        Mapper.OnDatagram(answer, Now);
    }

    public void AnswerNatPmp(byte[] request, NatPmpResult result = NatPmpResult.Success)
    {
        byte[] answer = request.Length == 2
            ? [0, 128, 0, (byte)result, 0, 0, 0, 0, 203, 0, 113, 5]
            : [0, (byte)(request[1] + 128), 0, (byte)result, 0, 0, 0, 0, .. request[4..]];
        BitConverter.TryWriteBytes(answer.AsSpan(4), Swap((uint)Now.TotalSeconds + 1000));
        Mapper.OnDatagram(answer, Now);
    }

    /// <summary>Answers the search and the request for the device description.</summary>
    public void Describe(string type = "WANIPConnection:1", string controlUrl = "/ctl")
    {
        Mapper.OnSearchResponse(Location);
        Mapper.OnDescription(
            System.Text.Encoding.UTF8.GetBytes(
                $"<root><service><serviceType>urn:schemas-upnp-org:service:{type}</serviceType>"
                + $"<controlURL>{controlUrl}</controlURL></service></root>"),
            Location,
            Now);
    }

    /// <summary>Replies to the last action, which must have the given name.</summary>
    public void Reply(string action, UpnpReply? reply)
    {
        Assert.Equal(action, Actions[^1].Name);
        Mapper.OnReply(reply, Now);
    }

    private static uint Swap(uint number) => System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(number);
}
