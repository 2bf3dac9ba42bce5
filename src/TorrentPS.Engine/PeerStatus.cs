using System.Net;

namespace TorrentPS.Engine;

/// <summary>
/// A snapshot of a connected peer, or of a web seed in use (BEP 19). Sizes are in bytes; rates are in bytes/s, averaged
/// over the last few seconds. Byte counts start at 0 when the connection is established.
/// </summary>
public sealed record PeerStatus
{
    /// <summary>
    /// Address and port of the connection; an IPv4-mapped IPv6 address is given as IPv4. It is 0.0.0.0 for a web seed
    /// before its first connection.
    /// </summary>
    public required IPEndPoint EndPoint { get; init; }

    /// <summary>
    /// Name and version of the peer's client, from its extension handshake (BEP 10) or else from its peer id (BEP 20).
    /// It is <c>web seed</c> for a web seed.
    /// </summary>
    public required string Client { get; init; }

    /// <summary>The peer id in lower-case hex; empty for a web seed.</summary>
    public required string PeerId { get; init; }

    /// <summary>
    /// URL of the web seed, as in the torrent or the magnet link. Null if this is the status of a peer.
    /// </summary>
    public Uri? Url { get; init; }

    /// <summary>
    /// Percentage of the torrent's pieces that the peer has, from 0 to 100. It is 0 until the metadata is known.
    /// </summary>
    public double Progress { get; init; }

    /// <summary>Number of pieces that the peer has; 0 until the metadata is known.</summary>
    public int Pieces { get; init; }

    /// <summary>Rate of payload received from the peer, in bytes/s.</summary>
    public long DownloadRate { get; init; }

    /// <summary>Rate of payload sent to the peer, in bytes/s.</summary>
    public long UploadRate { get; init; }

    /// <summary>Payload bytes received from the peer.</summary>
    public long Downloaded { get; init; }

    /// <summary>Payload bytes sent to the peer.</summary>
    public long Uploaded { get; init; }

    /// <summary>Bytes received from the peer that are not payload.</summary>
    public long ProtocolDownloaded { get; init; }

    /// <summary>Bytes sent to the peer that are not payload.</summary>
    public long ProtocolUploaded { get; init; }

    /// <summary>
    /// Payload bytes received from the peer and discarded, because the block had already been received or was not
    /// requested.
    /// </summary>
    public long Wasted { get; init; }

    /// <summary>Payload bytes received from the peer in pieces that failed the hash check.</summary>
    public long HashFailed { get; init; }

    /// <summary>Number of blocks requested from the peer and not received yet.</summary>
    public int RequestsOut { get; init; }

    /// <summary>Number of blocks that the peer requested and that are not sent yet.</summary>
    public int RequestsIn { get; init; }

    /// <summary>
    /// The shortest time from sending a request to the peer to receiving the requested block. Null before the first
    /// block.
    /// </summary>
    public TimeSpan? RoundTrip { get; init; }

    /// <summary>Time since the connection was established.</summary>
    public TimeSpan Connected { get; init; }

    /// <summary>The source from which this client knows the peer's address.</summary>
    public PeerSource Source { get; init; }

    /// <summary>Why this client chokes or unchokes the peer.</summary>
    public ChokeReason ChokeReason { get; init; }

    /// <summary>
    /// The peer's position in the order in which the choker assigns upload slots; 1 is first. Null if the choker did
    /// not rank the peer.
    /// </summary>
    public int? ChokeRank { get; init; }

    /// <summary>Whether all bytes of the connection are encrypted (MSE).</summary>
    public bool IsEncrypted => Flags.HasFlag(PeerFlags.Encrypted);

    /// <summary>The state of the connection.</summary>
    public PeerFlags Flags { get; init; }
}

/// <summary>The state of a connection to a peer.</summary>
[Flags]
public enum PeerFlags
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>This client is interested: the peer has pieces that this client wants (BEP 3).</summary>
    Interested = 1,

    /// <summary>This client chokes the peer (BEP 3).</summary>
    Choked = 2,

    /// <summary>The peer is interested in this client's pieces (BEP 3).</summary>
    RemoteInterested = 4,

    /// <summary>The peer chokes this client (BEP 3).</summary>
    RemoteChoked = 8,

    /// <summary>A request to the peer timed out, and no block has arrived since.</summary>
    Snubbed = 16,

    /// <summary>The peer has all pieces.</summary>
    Seed = 32,

    /// <summary>The peer announced that it only uploads (BEP 21). Web seeds have this flag too.</summary>
    UploadOnly = 64,

    /// <summary>The peer opened the connection.</summary>
    Incoming = 128,

    /// <summary>The peer supports the fast extension (BEP 6).</summary>
    Fast = 256,

    /// <summary>The peer supports the extension protocol (BEP 10).</summary>
    Extended = 512,

    /// <summary>The peer has an optimistic unchoke slot (BEP 3).</summary>
    Optimistic = 1024,

    /// <summary>
    /// The peer sent blocks of a piece that failed its hash check, and may have sent the bad ones. This client now
    /// requests whole pieces from this peer alone, so that the next hash check shows whether its blocks are bad.
    /// </summary>
    OnParole = 2048,

    /// <summary>All bytes of the connection are encrypted (MSE).</summary>
    Encrypted = 4096,
}

/// <summary>The source of a peer's address.</summary>
public enum PeerSource
{
    /// <summary>A tracker (BEP 3, BEP 15).</summary>
    Tracker,

    /// <summary>The DHT (BEP 5).</summary>
    Dht,

    /// <summary>Peer exchange (BEP 11).</summary>
    Pex,

    /// <summary>Local service discovery (BEP 14).</summary>
    Lsd,

    /// <summary>
    /// The peer cache. The address was stored in an earlier run, by this host or by another host that uses the same
    /// cache.
    /// </summary>
    Resume,

    /// <summary>The peer connected to this client.</summary>
    Incoming,

    /// <summary>The magnet link (<c>x.pe</c>, BEP 9).</summary>
    Magnet,

    /// <summary>The user entered the address.</summary>
    Manual,

    /// <summary>The list of web seeds (BEP 19) in the torrent or the magnet link.</summary>
    WebSeed,
}

/// <summary>The reason why a peer is choked or unchoked.</summary>
public enum ChokeReason
{
    /// <summary>Choked: the peer is not interested, has all pieces, or only uploads (BEP 21).</summary>
    NotInterested,

    /// <summary>Choked: other peers have all upload slots, or the number of slots is set to 0.</summary>
    NoSlot,

    /// <summary>
    /// Choked: the peer unchokes this client, but has not sent any requested block for 60 seconds.
    /// </summary>
    Snubbing,

    /// <summary>Unchoked: the peer uploads to this client, and gets a slot in return (tit for tat).</summary>
    Reciprocating,

    /// <summary>Unchoked optimistically: the peer has an upload slot for a time, to find out whether it reciprocates.</summary>
    Optimistic,

    /// <summary>Unchoked: this client only uploads, and assigns the slots to interested peers in rotation.</summary>
    RoundRobin,

    /// <summary>
    /// Unchoked: the peer was drawn at random for a slot that was still free after the reciprocating peers and the
    /// optimistic unchokes were chosen. With <see cref="ChokerKind.Naive"/>, all interested peers have this reason.
    /// </summary>
    FreeSlot,
}
