using TorrentPS.Protocol.Bencode;

namespace TorrentPS.Protocol.Krpc;

/// <summary>
/// One message between DHT nodes (BEP 5, 32, 33, 43, 44, 51), as a view of the packet's bytes: nothing is copied. What a message does
/// not have is empty, null or false; entries of the wrong type or length are as good as absent.
/// </summary>
public readonly ref partial struct KrpcMessage
{
    /// <summary>The longest packet in bytes that is read or written: what an Ethernet frame carries.</summary>
    public const int MaxLength = 1500;

    /// <summary>The longest transaction id in bytes that is accepted: it is echoed, and real ones have 2 to 8.</summary>
    public const int MaxTransactionIdLength = 32;

    /// <summary>The longest token in bytes that is accepted, as it must be sent back; real ones have 4 to 20.</summary>
    public const int MaxTokenLength = 128;

    /// <summary>Messages need four levels; values kept for others (BEP 44) may have their own.</summary>
    internal static BencodeLimits Limits { get; } = new() { MaxDepth = 32, MaxLength = MaxLength, MaxTokens = MaxLength };

    /// <summary>Query, response or error.</summary>
    public KrpcKind Kind { get; init; }

    /// <summary>What a query asks for.</summary>
    public KrpcMethod Method { get; init; }

    /// <summary>Ties an answer to its query, key <c>t</c>.</summary>
    public ReadOnlySpan<byte> TransactionId { get; init; }

    /// <summary>The sender's client and version, key <c>v</c>.</summary>
    public ReadOnlySpan<byte> Version { get; init; }

    /// <summary>The address and port that the sender sees us by, key <c>ip</c> (BEP 42).</summary>
    public ReadOnlySpan<byte> ExternalAddress { get; init; }

    /// <summary>Whether the sender answers no queries, key <c>ro</c> (BEP 43).</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>The sender's id.</summary>
    public NodeId? Id { get; init; }

    /// <summary>What the query is about: key <c>target</c> or <c>info_hash</c>.</summary>
    public NodeId? Target { get; init; }

    /// <summary>Allows to announce or put, key <c>token</c>.</summary>
    public ReadOnlySpan<byte> Token { get; init; }

    /// <summary>The port that a peer listens on; null when absent or no port.</summary>
    public ushort? Port { get; init; }

    /// <summary>Whether the port that the packet came from counts instead, key <c>implied_port</c>.</summary>
    public bool ImpliedPort { get; init; }

    /// <summary>Whether the announcing peer is a seed (BEP 33).</summary>
    public bool IsSeed { get; init; }

    /// <summary>Whether seeds are of no interest, key <c>noseed</c> (BEP 33).</summary>
    public bool NoSeed { get; init; }

    /// <summary>Whether bloom filters are asked for, key <c>scrape</c> (BEP 33).</summary>
    public bool Scrape { get; init; }

    /// <summary>
    /// How many bytes to add to a query that mean nothing, key <c>pad</c>; written, never read. A node that sends no more to a stranger than came
    /// from it can then answer at once.
    /// </summary>
    public int Padding { get; init; }

    /// <summary>Whose nodes are wanted (BEP 32).</summary>
    public WantedNodes Want { get; init; }

    /// <summary>The IPv4 nodes of an answer; see <see cref="CompactNodes"/>.</summary>
    public ReadOnlySpan<byte> Nodes { get; init; }

    /// <summary>The IPv6 nodes of an answer (BEP 32); see <see cref="CompactNodes"/>.</summary>
    public ReadOnlySpan<byte> Nodes6 { get; init; }

    /// <summary>The peers of an answer, as a bencoded list; see <see cref="PeerValues"/>.</summary>
    public ReadOnlySpan<byte> Values { get; init; }

    /// <summary>An item, bencoded (BEP 44).</summary>
    public ReadOnlySpan<byte> Value { get; init; }

    /// <summary>Whether an item has a public key, that is, may change (BEP 44, "mutable items"). Read, never written.</summary>
    public bool IsMutable { get; init; }

    /// <summary>Info hashes one after the other (BEP 51); null when the sender does not know the query.</summary>
    public ReadOnlySpan<byte> Samples { get; init; }

    /// <summary>Whether <see cref="Samples"/> is there, be it empty.</summary>
    public bool HasSamples { get; init; }

    /// <summary>How long the samples stay the same, in seconds (BEP 51).</summary>
    public int? Interval { get; init; }

    /// <summary>How many torrents the sender knows (BEP 51).</summary>
    public int? Count { get; init; }

    /// <summary>The seeds' filter, key <c>BFsd</c> (BEP 33): empty or <see cref="PeerBloomFilter.Length"/> bytes.</summary>
    public ReadOnlySpan<byte> SeedFilter { get; init; }

    /// <summary>The other peers' filter, key <c>BFpe</c> (BEP 33): empty or <see cref="PeerBloomFilter.Length"/> bytes.</summary>
    public ReadOnlySpan<byte> PeerFilter { get; init; }

    /// <summary>Why a query is refused.</summary>
    public KrpcError ErrorCode { get; init; }

    /// <summary>The same for a person, as UTF-8.</summary>
    public ReadOnlySpan<byte> ErrorText { get; init; }
}
