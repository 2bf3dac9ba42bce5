using TorrentPS.Protocol.Bencode;

namespace TorrentPS.Protocol.Krpc;

/// <summary>
/// A KRPC message between DHT nodes (BEP 5, 32, 33, 42, 43, 44, 51), as a view of the packet's bytes: no bytes are
/// copied. An absent entry is empty, null or false. An entry of the wrong type or length counts as absent.
/// </summary>
public readonly ref partial struct KrpcMessage
{
    /// <summary>
    /// The maximum length in bytes of a packet that is parsed or sent: the payload of an Ethernet frame.
    /// </summary>
    public const int MaxLength = 1500;

    /// <summary>
    /// The maximum length in bytes of an accepted transaction id. The limit bounds the answer, which repeats the id.
    /// Clients use 2 to 8 bytes.
    /// </summary>
    public const int MaxTransactionIdLength = 32;

    /// <summary>
    /// The maximum length in bytes of an accepted write token. An announce repeats the token. Clients use 4 to 20
    /// bytes.
    /// </summary>
    public const int MaxTokenLength = 128;

    /// <summary>Limits for parsing. A message itself nests 4 levels; stored items (BEP 44) may nest deeper.</summary>
    internal static BencodeLimits Limits { get; } = new()
    {
        MaxDepth = 32,
        MaxLength = MaxLength,
        MaxTokens = MaxLength,
    };

    /// <summary>Gets whether the message is a query, a response or an error, key <c>y</c>.</summary>
    public KrpcKind Kind { get; init; }

    /// <summary>Gets the method of a query, key <c>q</c>.</summary>
    public KrpcMethod Method { get; init; }

    /// <summary>Gets the transaction id that links a response to its query, key <c>t</c>.</summary>
    public ReadOnlySpan<byte> TransactionId { get; init; }

    /// <summary>Gets the sender's client id and version, key <c>v</c>.</summary>
    public ReadOnlySpan<byte> Version { get; init; }

    /// <summary>
    /// Gets the receiver's address and port as the sender sees them, in compact form, key <c>ip</c> (BEP 42).
    /// </summary>
    public ReadOnlySpan<byte> ExternalAddress { get; init; }

    /// <summary>
    /// Gets whether the sender is a read-only node, which does not answer queries, key <c>ro</c> (BEP 43).
    /// </summary>
    public bool IsReadOnly { get; init; }

    /// <summary>Gets the sender's node id, key <c>id</c>.</summary>
    public NodeId? Id { get; init; }

    /// <summary>Gets the id that the query concerns, key <c>target</c> or <c>info_hash</c>.</summary>
    public NodeId? Target { get; init; }

    /// <summary>Gets the write token that <c>announce_peer</c> and <c>put</c> require, key <c>token</c>.</summary>
    public ReadOnlySpan<byte> Token { get; init; }

    /// <summary>
    /// Gets the TCP port of the announcing peer, key <c>port</c>; null if absent or not a valid port.
    /// </summary>
    public ushort? Port { get; init; }

    /// <summary>
    /// Gets whether the announced port is the UDP source port of the packet instead of <see cref="Port"/>, key
    /// <c>implied_port</c>.
    /// </summary>
    public bool ImpliedPort { get; init; }

    /// <summary>Gets whether the announcing peer is a seed, key <c>seed</c> (BEP 33).</summary>
    public bool IsSeed { get; init; }

    /// <summary>Gets whether the response should omit seeds, key <c>noseed</c> (BEP 33).</summary>
    public bool NoSeed { get; init; }

    /// <summary>
    /// Gets whether the query asks for Bloom filters of the torrent's peers, key <c>scrape</c> (BEP 33).
    /// </summary>
    public bool Scrape { get; init; }

    /// <summary>
    /// Gets the number of zero bytes added to a query under the key <c>pad</c>. Written, never parsed. A longer query
    /// lets a node that limits amplification send a full answer at once.
    /// </summary>
    public int Padding { get; init; }

    /// <summary>Gets the address families of the requested nodes, key <c>want</c> (BEP 32).</summary>
    public WantedNodes Want { get; init; }

    /// <summary>Gets the IPv4 nodes of a response, key <c>nodes</c>; see <see cref="CompactNodes"/>.</summary>
    public ReadOnlySpan<byte> Nodes { get; init; }

    /// <summary>
    /// Gets the IPv6 nodes of a response, key <c>nodes6</c> (BEP 32); see <see cref="CompactNodes"/>.
    /// </summary>
    public ReadOnlySpan<byte> Nodes6 { get; init; }

    /// <summary>
    /// Gets the peers of a response as a bencoded list, key <c>values</c>; see <see cref="PeerValues"/>.
    /// </summary>
    public ReadOnlySpan<byte> Values { get; init; }

    /// <summary>Gets the bencoded value of an item, key <c>v</c> in the arguments or the response (BEP 44).</summary>
    public ReadOnlySpan<byte> Value { get; init; }

    /// <summary>
    /// Gets whether an item has a public key, key <c>k</c>, and is therefore mutable (BEP 44). Parsed, never written.
    /// </summary>
    public bool IsMutable { get; init; }

    /// <summary>
    /// Gets concatenated info hashes of 20 bytes each, key <c>samples</c> (BEP 51). Empty if the sender has none or
    /// does not know the method; see <see cref="HasSamples"/>.
    /// </summary>
    public ReadOnlySpan<byte> Samples { get; init; }

    /// <summary>Gets whether the message has the key <c>samples</c>, even with an empty value.</summary>
    public bool HasSamples { get; init; }

    /// <summary>Gets the seconds until the sender draws a new sample, key <c>interval</c> (BEP 51).</summary>
    public int? Interval { get; init; }

    /// <summary>Gets the number of torrents for which the sender stores peers, key <c>num</c> (BEP 51).</summary>
    public int? Count { get; init; }

    /// <summary>
    /// Gets the Bloom filter of the torrent's seeds, key <c>BFsd</c> (BEP 33): empty or
    /// <see cref="PeerBloomFilter.Length"/> bytes.
    /// </summary>
    public ReadOnlySpan<byte> SeedFilter { get; init; }

    /// <summary>
    /// Gets the Bloom filter of the torrent's other peers, key <c>BFpe</c> (BEP 33): empty or
    /// <see cref="PeerBloomFilter.Length"/> bytes.
    /// </summary>
    public ReadOnlySpan<byte> PeerFilter { get; init; }

    /// <summary>Gets the code of an error message.</summary>
    public KrpcError ErrorCode { get; init; }

    /// <summary>Gets the text of an error message, usually UTF-8.</summary>
    public ReadOnlySpan<byte> ErrorText { get; init; }
}
