using TorrentPS.Protocol.Bencode;

namespace TorrentPS.Protocol.Krpc;

/// <summary>
/// A KRPC message between DHT nodes (BEP 5, 32, 33, 42, 43, 44, 51). A parsed message copies no bytes: its spans are
/// slices of the packet. If a key is absent, or its value has the wrong type or length, the property is empty, null,
/// false or zero.
/// </summary>
public readonly ref partial struct KrpcMessage
{
    /// <summary>
    /// Maximum length in bytes of a packet that is parsed or sent: the maximum payload of an Ethernet frame.
    /// </summary>
    public const int MaxLength = 1500;

    /// <summary>
    /// Maximum length in bytes of an accepted transaction id. It limits the length of the answer, which must repeat the
    /// id. Clients use 2 to 8 bytes.
    /// </summary>
    public const int MaxTransactionIdLength = 32;

    /// <summary>
    /// Maximum length in bytes of an accepted write token. It limits the length of the query that must repeat the
    /// token. Clients use 4 to 20 bytes.
    /// </summary>
    public const int MaxTokenLength = 128;

    /// <summary>
    /// Limits on the bencoded data of a packet. The lists and dictionaries of KRPC nest three levels deep, but the
    /// value of an item (BEP 44) may nest deeper. Each bencoding token takes at least one byte, so a packet cannot have
    /// more tokens than bytes.
    /// </summary>
    internal static BencodeLimits Limits { get; } = new()
    {
        MaxDepth = 32,
        MaxLength = MaxLength,
        MaxTokens = MaxLength,
    };

    /// <summary>Gets whether the message is a query, a response or an error (key <c>y</c>).</summary>
    public KrpcKind Kind { get; init; }

    /// <summary>
    /// Gets the method of a query (key <c>q</c>). In other messages it is <see cref="KrpcMethod.Unknown"/>.
    /// </summary>
    public KrpcMethod Method { get; init; }

    /// <summary>
    /// Gets the transaction id (key <c>t</c>). A response or error has the transaction id of its query.
    /// </summary>
    public ReadOnlySpan<byte> TransactionId { get; init; }

    /// <summary>
    /// Gets the encoded name and version of the sender's client, usually four bytes (key <c>v</c>, BEP 5).
    /// </summary>
    public ReadOnlySpan<byte> Version { get; init; }

    /// <summary>
    /// Gets the receiver's IP address and port as the sender sees them, in compact form (key <c>ip</c>, BEP 42).
    /// </summary>
    public ReadOnlySpan<byte> ExternalAddress { get; init; }

    /// <summary>
    /// Gets whether the sender is a read-only node, which does not answer queries (key <c>ro</c>, BEP 43).
    /// </summary>
    public bool IsReadOnly { get; init; }

    /// <summary>Gets the sender's node id (key <c>id</c>).</summary>
    public NodeId? Id { get; init; }

    /// <summary>
    /// Gets the id that the query concerns. Its key is <c>info_hash</c> in <c>get_peers</c> and <c>announce_peer</c>,
    /// and <c>target</c> in other queries.
    /// </summary>
    public NodeId? Target { get; init; }

    /// <summary>
    /// Gets the write token (key <c>token</c>). A response to <c>get_peers</c> or <c>get</c> contains it, and a later
    /// <c>announce_peer</c> or <c>put</c> to the same node must repeat it.
    /// </summary>
    public ReadOnlySpan<byte> Token { get; init; }

    /// <summary>
    /// Gets the TCP port of the announcing peer (key <c>port</c>), or null if it is absent or not from 1 to 65535.
    /// </summary>
    public ushort? Port { get; init; }

    /// <summary>
    /// Gets whether the announcing peer's port is the UDP source port of the packet (key <c>implied_port</c>). In that
    /// case <see cref="Port"/> is to be ignored.
    /// </summary>
    public bool ImpliedPort { get; init; }

    /// <summary>Gets whether the announcing peer is a seed (key <c>seed</c>, BEP 33).</summary>
    public bool IsSeed { get; init; }

    /// <summary>Gets whether the query asks to leave seeds out of the response (key <c>noseed</c>, BEP 33).</summary>
    public bool NoSeed { get; init; }

    /// <summary>
    /// Gets whether the query asks for Bloom filters of the torrent's peers (key <c>scrape</c>, BEP 33).
    /// </summary>
    public bool Scrape { get; init; }

    /// <summary>
    /// Gets the number of zero bytes to add to a query (key <c>pad</c>). The key is written, but not parsed. Some nodes
    /// limit their responses to an address that is not validated: they send at most as many bytes as they received from
    /// it. Such a node can send a longer response to a longer query.
    /// </summary>
    public int Padding { get; init; }

    /// <summary>Gets the address families of the nodes that the query asks for (key <c>want</c>, BEP 32).</summary>
    public WantedNodes Want { get; init; }

    /// <summary>
    /// Gets the IPv4 nodes of a response in compact form (key <c>nodes</c>). <see cref="CompactNodes"/> enumerates
    /// them.
    /// </summary>
    public ReadOnlySpan<byte> Nodes { get; init; }

    /// <summary>
    /// Gets the IPv6 nodes of a response in compact form (key <c>nodes6</c>, BEP 32). <see cref="CompactNodes"/>
    /// enumerates them.
    /// </summary>
    public ReadOnlySpan<byte> Nodes6 { get; init; }

    /// <summary>
    /// Gets the peers of a response as a bencoded list (key <c>values</c>). <see cref="PeerValues"/> enumerates them.
    /// </summary>
    public ReadOnlySpan<byte> Values { get; init; }

    /// <summary>
    /// Gets the bencoded value of an item in a <c>put</c> query or in the response to <c>get</c> (key <c>v</c>, BEP
    /// 44).
    /// </summary>
    public ReadOnlySpan<byte> Value { get; init; }

    /// <summary>
    /// Gets whether the item has a public key and is therefore mutable (key <c>k</c>, BEP 44). The key is parsed, but
    /// not written.
    /// </summary>
    public bool IsMutable { get; init; }

    /// <summary>
    /// Gets a sample of the info hashes for which the sender stores peers, 20 bytes each (key <c>samples</c>, BEP 51).
    /// If the span is empty, <see cref="HasSamples"/> tells whether the key was present.
    /// </summary>
    public ReadOnlySpan<byte> Samples { get; init; }

    /// <summary>
    /// Gets whether the message has a valid value under the key <c>samples</c>, which may be empty. If a response to
    /// <c>sample_infohashes</c> lacks the key, its sender does not support BEP 51.
    /// </summary>
    public bool HasSamples { get; init; }

    /// <summary>
    /// Gets the time in seconds after which the sender chooses a new sample of info hashes (key <c>interval</c>, BEP
    /// 51).
    /// </summary>
    public int? Interval { get; init; }

    /// <summary>Gets the number of torrents for which the sender stores peers (key <c>num</c>, BEP 51).</summary>
    public int? Count { get; init; }

    /// <summary>
    /// Gets the Bloom filter of the torrent's seeds (key <c>BFsd</c>, BEP 33). It is empty or has
    /// <see cref="PeerBloomFilter.Length"/> bytes.
    /// </summary>
    public ReadOnlySpan<byte> SeedFilter { get; init; }

    /// <summary>
    /// Gets the Bloom filter of the torrent's peers that are not seeds (key <c>BFpe</c>, BEP 33). It is empty or has
    /// <see cref="PeerBloomFilter.Length"/> bytes.
    /// </summary>
    public ReadOnlySpan<byte> PeerFilter { get; init; }

    /// <summary>
    /// Gets the code of an error message, or 0 if it is absent. It may be a code that <see cref="KrpcError"/> does not
    /// define.
    /// </summary>
    public KrpcError ErrorCode { get; init; }

    /// <summary>Gets the text of an error message, usually UTF-8.</summary>
    public ReadOnlySpan<byte> ErrorText { get; init; }
}
