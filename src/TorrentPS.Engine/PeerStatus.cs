using System.Net;

namespace TorrentPS.Engine;

/// <summary>A connected peer, or a web seed in use (BEP 19), at one moment. Sizes are bytes, rates bytes/s averaged over some seconds.</summary>
public sealed record PeerStatus
{
    /// <summary>
    /// Its address, never an IPv6 one that stands for an IPv4 one, and its port as connected; 0.0.0.0 for a web seed that was not reached yet.
    /// </summary>
    public required IPEndPoint EndPoint { get; init; }

    /// <summary>Its client's name and version as far as they can be told.</summary>
    public required string Client { get; init; }

    /// <summary>Its peer id, lower-case hex; empty for a web seed.</summary>
    public required string PeerId { get; init; }

    /// <summary>The address of a web seed as the torrent or the link has it; null for a peer.</summary>
    public Uri? Url { get; init; }

    /// <summary>How much of the torrent it has, 0–100.</summary>
    public double Progress { get; init; }

    /// <summary>How many pieces it has.</summary>
    public int Pieces { get; init; }

    /// <summary>Payload bytes/s received from it.</summary>
    public long DownloadRate { get; init; }

    /// <summary>Payload bytes/s sent to it.</summary>
    public long UploadRate { get; init; }

    /// <summary>Payload bytes received from it.</summary>
    public long Downloaded { get; init; }

    /// <summary>Payload bytes sent to it.</summary>
    public long Uploaded { get; init; }

    /// <summary>Bytes received beside payload.</summary>
    public long ProtocolDownloaded { get; init; }

    /// <summary>Bytes sent beside payload.</summary>
    public long ProtocolUploaded { get; init; }

    /// <summary>Payload bytes of it that were not needed.</summary>
    public long Wasted { get; init; }

    /// <summary>Payload bytes of it in pieces that failed their hash.</summary>
    public long HashFailed { get; init; }

    /// <summary>Blocks asked of it and not yet here.</summary>
    public int RequestsOut { get; init; }

    /// <summary>Blocks it has asked for and not yet got.</summary>
    public int RequestsIn { get; init; }

    /// <summary>Smallest time from request to block seen; null before the first.</summary>
    public TimeSpan? RoundTrip { get; init; }

    /// <summary>Time connected.</summary>
    public TimeSpan Connected { get; init; }

    /// <summary>Where we learned of it.</summary>
    public PeerSource Source { get; init; }

    /// <summary>Why we serve it or not.</summary>
    public ChokeReason ChokeReason { get; init; }

    /// <summary>Its place in the order by which upload slots are given, 1 being the first; null when it was not ranked.</summary>
    public int? ChokeRank { get; init; }

    /// <summary>What the connection is like.</summary>
    public PeerFlags Flags { get; init; }
}

/// <summary>What a connection is like, as flags.</summary>
[Flags]
public enum PeerFlags
{
    /// <summary>None of these.</summary>
    None = 0,

    /// <summary>We want something it has.</summary>
    Interested = 1,

    /// <summary>We do not serve it now.</summary>
    Choked = 2,

    /// <summary>It wants something we have.</summary>
    RemoteInterested = 4,

    /// <summary>It does not serve us now.</summary>
    RemoteChoked = 8,

    /// <summary>It unchoked us but has given nothing for long.</summary>
    Snubbed = 16,

    /// <summary>It has everything.</summary>
    Seed = 32,

    /// <summary>It said it only uploads (BEP 21).</summary>
    UploadOnly = 64,

    /// <summary>It connected to us.</summary>
    Incoming = 128,

    /// <summary>Fast extension (BEP 6).</summary>
    Fast = 256,

    /// <summary>Extension protocol (BEP 10).</summary>
    Extended = 512,

    /// <summary>Unchoked on trial.</summary>
    Optimistic = 1024,

    /// <summary>Gets whole pieces alone after it took part in a bad one.</summary>
    OnParole = 2048,
}

/// <summary>Where the engine learned of a peer.</summary>
public enum PeerSource
{
    /// <summary>A tracker named it.</summary>
    Tracker,

    /// <summary>The DHT.</summary>
    Dht,

    /// <summary>Peer exchange.</summary>
    Pex,

    /// <summary>Local service discovery.</summary>
    Lsd,

    /// <summary>Remembered from before.</summary>
    Resume,

    /// <summary>It connected to us.</summary>
    Incoming,

    /// <summary>The user named it.</summary>
    Manual,

    /// <summary>The torrent or its link names it: a web server that holds the content (BEP 19), no peer.</summary>
    WebSeed,
}

/// <summary>Why a peer is choked or unchoked.</summary>
public enum ChokeReason
{
    /// <summary>Choked: it wants nothing of what we have.</summary>
    NotInterested,

    /// <summary>Choked: others have the upload slots.</summary>
    NoSlot,

    /// <summary>Choked: it keeps us waiting for blocks it was asked for.</summary>
    Snubbing,

    /// <summary>Unchoked: it is among those who give us most.</summary>
    Reciprocating,

    /// <summary>Unchoked: it has the slot by which new partners are found.</summary>
    Optimistic,

    /// <summary>Unchoked: it is its turn while we seed.</summary>
    RoundRobin,

    /// <summary>Unchoked: nobody else needs the slot.</summary>
    FreeSlot,
}
