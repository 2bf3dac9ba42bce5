using TorrentPS.Protocol.Bencode;

namespace TorrentPS.Protocol.Krpc;

/// <summary>
/// A KRPC message between DHT nodes (BEP 5, 32, 33, 42, 43, 44, 51). A parsed message copies no bytes: its spans are
/// slices of the packet. A property whose key is absent is empty, null or false. A value of the wrong type or length
/// counts as absent.
/// </summary>
public readonly ref partial struct KrpcMessage
{
    /// <summary>
    /// Maximum length in bytes of a packet that is parsed or sent: the maximum payload of an Ethernet frame.
    /// </summary>
    public const int MaxLength = 1500;

    /// <summary>
    /// Maximum length in bytes of an accepted transaction id. It limits the length of the answer, which repeats the id.
    /// Clients use 2 to 8 bytes.
    /// </summary>
    public const int MaxTransactionIdLength = 32;

    /// <summary>
    /// Maximum length in bytes of an accepted write token. It limits the length of the announce, which repeats the
    /// token. Clients use 4 to 20 bytes.
    /// </summary>
    public const int MaxTokenLength = 128;

    /// <summary>
    /// Limits on the bencoded data of a packet. A message itself nests 4 levels, but the value of an item (BEP 44) may
    /// nest deeper. A bencoding token has at least one byte, so a packet cannot have more tokens than bytes.
    /// </summary>
    internal static BencodeLimits Limits { get; } = new()
    {
        MaxDepth = 32,
        MaxLength = MaxLength,
        MaxTokens = MaxLength,
    };

    /// <summary>Gets whether the message is a query, a response or an error, key <c>y</c>.</summary>
    public KrpcKind Kind { get; init; }

    /// <summary>Gets the method of a query, key <c>q</c>. <see cref="KrpcMethod.Unknown"/> in other messages.</summary>
    public KrpcMethod Method { get; init; }

    /// <summary>Gets the transaction id, key <c>t</c>. A response or error repeats that of its query.</summary>
    public ReadOnlySpan<byte> TransactionId { get; init; }

    /// <summary>Gets the name and version of the sender's client in encoded form, key <c>v</c>.</summary>
    public ReadOnlySpan<byte> Version { get; init; }

    /// <summary>
    /// Gets the receiver's IP address and port as the sender sees them, in compact form, key <c>ip</c> (BEP 42).
    /// </summary>
    public ReadOnlySpan<byte> ExternalAddress { get; init; }

    /// <summary>
    /// Gets whether the sender is a read-only node, which does not answer queries, key <c>ro</c> (BEP 43).
    /// </summary>
    public bool IsReadOnly { get; init; }

    /// <summary>Gets the sender's node id, key <c>id</c>.</summary>
    public NodeId? Id { get; init; }

    /// <summary>
    /// Gets the id that the query concerns: key <c>info_hash</c> for the methods about peers, key <c>target</c> for the
    /// others.
    /// </summary>
    public NodeId? Target { get; init; }

    /// <summary>
    /// Gets the write token, key <c>token</c>. The response to <c>get_peers</c> or <c>get</c> grants it, and
    /// <c>announce_peer</c> or <c>put</c> must repeat it.
    /// </summary>
    public ReadOnlySpan<byte> Token { get; init; }

    /// <summary>
    /// Gets the TCP port of the announcing peer, key <c>port</c>; null if it is absent or not from 1 to 65535.
    /// </summary>
    public ushort? Port { get; init; }

    /// <summary>
    /// Gets whether the announcing peer's port is the UDP source port of the packet instead of <see cref="Port"/>, key
    /// <c>implied_port</c>.
    /// </summary>
    public bool ImpliedPort { get; init; }

    /// <summary>Gets whether the announcing peer is a seed, key <c>seed</c> (BEP 33).</summary>
    public bool IsSeed { get; init; }

    /// <summary>Gets whether the query asks to leave seeds out of the response, key <c>noseed</c> (BEP 33).</summary>
    public bool NoSeed { get; init; }

    /// <summary>
    /// Gets whether the query asks for Bloom filters of the torrent's peers, key <c>scrape</c> (BEP 33).
    /// </summary>
    public bool Scrape { get; init; }

    /// <summary>
    /// Gets the number of zero bytes that are added to a query under the key <c>pad</c>. It is written, never parsed.
    /// Some nodes send no more bytes to an unvalidated address than they received from it; they can answer a longer
    /// query in full.
    /// </summary>
    public int Padding { get; init; }

    /// <summary>Gets the address families of the nodes that the query asks for, key <c>want</c> (BEP 32).</summary>
    public WantedNodes Want { get; init; }

    /// <summary>
    /// Gets the IPv4 nodes of a response in compact form, key <c>nodes</c>. <see cref="CompactNodes"/> enumerates them.
    /// </summary>
    public ReadOnlySpan<byte> Nodes { get; init; }

    /// <summary>
    /// Gets the IPv6 nodes of a response in compact form, key <c>nodes6</c> (BEP 32). <see cref="CompactNodes"/>
    /// enumerates them.
    /// </summary>
    public ReadOnlySpan<byte> Nodes6 { get; init; }

    /// <summary>
    /// Gets the peers of a response as a bencoded list, key <c>values</c>. <see cref="PeerValues"/> enumerates them.
    /// </summary>
    public ReadOnlySpan<byte> Values { get; init; }

    /// <summary>
    /// Gets the bencoded value of an item, key <c>v</c> in the arguments of <c>put</c> or the response to <c>get</c>
    /// (BEP 44).
    /// </summary>
    public ReadOnlySpan<byte> Value { get; init; }

    /// <summary>
    /// Gets whether the item is mutable: it has a public key, key <c>k</c> (BEP 44). It is parsed, never written.
    /// </summary>
    public bool IsMutable { get; init; }

    /// <summary>
    /// Gets a sample of the info hashes for which the sender stores peers, 20 bytes each, key <c>samples</c> (BEP 51).
    /// <see cref="HasSamples"/> tells an empty sample from an absent one.
    /// </summary>
    public ReadOnlySpan<byte> Samples { get; init; }

    /// <summary>
    /// Gets whether the message has a valid value under the key <c>samples</c>, even an empty one. A response to
    /// <c>sample_infohashes</c> without this key comes from a node that does not support BEP 51.
    /// </summary>
    public bool HasSamples { get; init; }

    /// <summary>
    /// Gets the number of seconds after which the sender draws a new sample, key <c>interval</c> (BEP 51).
    /// </summary>
    public int? Interval { get; init; }

    /// <summary>Gets the number of torrents for which the sender stores peers, key <c>num</c> (BEP 51).</summary>
    public int? Count { get; init; }

    /// <summary>
    /// Gets the Bloom filter of the torrent's seeds, key <c>BFsd</c> (BEP 33): empty or
    /// <see cref="PeerBloomFilter.Length"/> bytes.
    /// </summary>
    public ReadOnlySpan<byte> SeedFilter { get; init; }

    /// <summary>
    /// Gets the Bloom filter of the torrent's peers without the seeds, key <c>BFpe</c> (BEP 33): empty or
    /// <see cref="PeerBloomFilter.Length"/> bytes.
    /// </summary>
    public ReadOnlySpan<byte> PeerFilter { get; init; }

    /// <summary>
    /// Gets the code of an error message; 0 if it is absent. It may be a value that <see cref="KrpcError"/> does not
    /// define.
    /// </summary>
    public KrpcError ErrorCode { get; init; }

    /// <summary>Gets the text of an error message, usually UTF-8.</summary>
    public ReadOnlySpan<byte> ErrorText { get; init; }
}
