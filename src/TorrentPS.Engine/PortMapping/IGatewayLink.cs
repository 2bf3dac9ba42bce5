using TorrentPS.Protocol.PortMapping;

namespace TorrentPS.Engine.PortMapping;

/// <summary>
/// Sends what a <see cref="GatewayMapper"/> requests. No member waits for I/O. The answer is passed to the mapper
/// later.
/// </summary>
internal interface IGatewayLink
{
    /// <summary>Sends a PCP or NAT-PMP packet to the gateway.</summary>
    void Send(byte[] packet);

    /// <summary>Sends a search for UPnP gateways to the network of the gateway.</summary>
    void Search();

    /// <summary>
    /// Downloads a device description. <see cref="ProtocolMapper.OnDescription"/> receives it.
    /// </summary>
    void Describe(Uri location);

    /// <summary>Sends a UPnP action. <see cref="ProtocolMapper.OnReply"/> receives the reply.</summary>
    void Invoke(UpnpAction action);
}
