namespace TorrentPS.Protocol.Wire;

/// <summary>
/// Features that a peer announces in the eight reserved bytes of the handshake, read as one big-endian number. A value
/// may contain bits that this enum does not define.
/// </summary>
[Flags]
public enum PeerFeatures : ulong
{
    /// <summary>No feature. The peer supports only the protocol of BEP 3.</summary>
    None = 0,

    /// <summary>The peer has a DHT node (BEP 5, <c>reserved[7] &amp; 0x01</c>).</summary>
    Dht = 0x01,

    /// <summary>The peer supports the Fast Extension (BEP 6, <c>reserved[7] &amp; 0x04</c>).</summary>
    Fast = 0x04,

    /// <summary>
    /// In the swarm of a hybrid torrent, the peer supports the v2 protocol in addition to v1 (BEP 52,
    /// <c>reserved[7] &amp; 0x10</c>).
    /// </summary>
    V2 = 0x10,

    /// <summary>The peer supports the extension protocol (BEP 10, <c>reserved[5] &amp; 0x10</c>).</summary>
    ExtensionProtocol = 0x10_0000,
}
