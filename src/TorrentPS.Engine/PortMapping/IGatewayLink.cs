using TorrentPS.Protocol.PortMapping;

namespace TorrentPS.Engine.PortMapping;

/// <summary>
/// Sends the requests of a <see cref="GatewayMapper"/>. No member waits for I/O. Answers are passed to the mapper
/// later.
/// </summary>
internal interface IGatewayLink
{
    /// <summary>Sends a PCP or NAT-PMP packet to the gateway.</summary>
    void Send(byte[] packet);

    /// <summary>Sends a search for UPnP gateways by multicast to the network of the gateway.</summary>
    void Search();

    /// <summary>
    /// Downloads a device description. <see cref="ProtocolMapper.OnDescription"/> receives it.
    /// </summary>
    void Describe(Uri location);

    /// <summary>Sends a UPnP action. <see cref="ProtocolMapper.OnReply"/> receives the reply.</summary>
    void Invoke(UpnpAction action);
}
