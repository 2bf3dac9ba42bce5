namespace TorrentPS.Engine.Policy.Metadata;

/// <summary>
/// One connected peer as a source of the info dictionary (BEP 9). Only <see cref="MetadataFetch"/> changes it.
/// </summary>
internal sealed class MetadataSource(PeerOrigin origin)
{
    /// <summary>
    /// Maximum number of outstanding requests at a peer that hasn't sent a piece yet. With it, most info dictionaries
    /// arrive within two round trips.
    /// </summary>
    public const int FirstDepth = 4;

    /// <summary>The origin that is banned if the peer sends wrong data.</summary>
    public PeerOrigin Origin { get; } = origin;

    /// <summary>
    /// The size of the info dictionary in bytes that the peer announced (<c>metadata_size</c>); null if it has
    /// announced none or one that is too large.
    /// </summary>
    public int? Size { get; set; }

    /// <summary>Why the peer was excluded, so that its connection must be closed; null if it wasn't.</summary>
    public SourceFault? Fault { get; set; }

    /// <summary>
    /// The assembly to which the peer's pieces are added; null before the first request to the peer.
    /// </summary>
    public MetadataAssembly? Assembly { get; set; }

    /// <summary>The pieces of outstanding requests that haven't timed out, the oldest request first.</summary>
    public List<int> Requests { get; } = [];

    /// <summary>All requested pieces for which no piece or reject has arrived, including timed-out requests.</summary>
    public HashSet<int> Unanswered { get; } = [];

    /// <summary>Maximum number of outstanding requests at the peer. Grows by one with each received piece.</summary>
    public int Depth { get; set; } = FirstDepth;

    /// <summary>
    /// Start of the current timeout: when the peer last sent a piece, when a request was sent to it while none was
    /// outstanding, or when its requests timed out, whichever is latest.
    /// </summary>
    public TimeSpan LastService { get; set; }

    /// <summary>Consecutive request timeouts.</summary>
    public int Timeouts { get; set; }

    /// <summary>Number of rejects received.</summary>
    public int Rejects { get; set; }

    /// <summary>The earliest time for the next request after a reject.</summary>
    public TimeSpan RetryAt { get; set; }

    /// <summary>
    /// Number of unsolicited messages received, minus the number of withdrawn requests, whose answers may still
    /// arrive.
    /// </summary>
    public int Unsolicited { get; set; }

    /// <summary>
    /// Bytes of the info dictionary received from the peer, without pieces that were received before.
    /// </summary>
    public long Received { get; set; }

    /// <summary>Whether requests can be sent to the peer: it announced an accepted size and wasn't excluded.</summary>
    public bool IsUsable => Fault is null && Size is not null;
}

/// <summary>Why a peer was excluded as a source of the info dictionary.</summary>
internal enum SourceFault
{
    /// <summary>The peer sent a piece of the wrong length, a changed size, or too many unsolicited messages.</summary>
    ProtocolError,

    /// <summary>
    /// The requests to the peer timed out several times in a row, or the peer sent too many rejects.
    /// </summary>
    ServesNothing,

    /// <summary>
    /// Of all peers, this peer announced the largest size. The assembly of that size was dropped to limit the
    /// unverified bytes.
    /// </summary>
    SizeTooLarge,

    /// <summary>
    /// The peer sent a piece that differs from the verified info dictionary, or a wrong info dictionary.
    /// </summary>
    WrongData,
}
