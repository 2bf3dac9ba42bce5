namespace TorrentPS.Protocol.PortMapping;

/// <summary>Transport protocol of a mapped port. The values are the IP protocol numbers that IANA assigned.</summary>
public enum MappedTransport
{
    /// <summary>TCP.</summary>
    Tcp = 6,

    /// <summary>UDP.</summary>
    Udp = 17,
}
