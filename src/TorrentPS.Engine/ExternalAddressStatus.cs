using System.Net;

namespace TorrentPS.Engine;

/// <summary>This machine's address as hosts on the internet see it.</summary>
/// <param name="Address">The address.</param>
/// <param name="Sources">The kinds of sources that reported the address.</param>
public sealed record ExternalAddressStatus(IPAddress Address, IReadOnlyList<ExternalAddressSource> Sources)
{
    /// <summary>Returns the address and its sources.</summary>
    public override string ToString() => $"{Address} ({string.Join(", ", Sources)})";
}

/// <summary>A kind of source that reports this machine's external address.</summary>
public enum ExternalAddressSource
{
    /// <summary>A gateway at which ports are mapped.</summary>
    PortMapping,

    /// <summary>The nodes of the DHT, by majority (BEP 42).</summary>
    Dht,

    /// <summary>A tracker (BEP 24).</summary>
    Tracker,

    /// <summary>A peer, in its extension handshake (<c>yourip</c>, BEP 10).</summary>
    Peer,
}
