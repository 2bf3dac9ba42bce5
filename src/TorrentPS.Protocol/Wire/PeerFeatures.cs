namespace TorrentPS.Protocol.Wire;

/// <summary>
/// Feature flags: the eight reserved bytes of the handshake as one big-endian number. Flags without a name are kept.
/// </summary>
[Flags]
public enum PeerFeatures : ulong
{
    /// <summary>No extension of BEP 3.</summary>
    None = 0,

    /// <summary>The peer has a DHT node (BEP 5, <c>reserved[7] &amp; 0x01</c>).</summary>
    Dht = 0x01,

    /// <summary>The Fast Extension (BEP 6, <c>reserved[7] &amp; 0x04</c>).</summary>
    Fast = 0x04,

    /// <summary>
    /// The peer also supports the v2 protocol for a hybrid torrent (BEP 52, <c>reserved[7] &amp; 0x10</c>).
    /// </summary>
    V2 = 0x10,

    /// <summary>The extension protocol (BEP 10, <c>reserved[5] &amp; 0x10</c>).</summary>
    ExtensionProtocol = 0x10_0000,
}
