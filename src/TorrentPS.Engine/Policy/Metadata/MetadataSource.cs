namespace TorrentPS.Engine.Policy.Metadata;

/// <summary>
/// One connected peer as a source of the info dictionary (BEP 9). Only <see cref="MetadataFetch"/> changes it.
/// </summary>
internal sealed class MetadataSource(PeerOrigin origin)
{
    /// <summary>
    /// Maximum requests outstanding at a peer that has not answered any. With it, most info dictionaries arrive within
    /// two round trips.
    /// </summary>
    public const int FirstDepth = 4;

    /// <summary>The address that is banned when the peer sends wrong data.</summary>
    public PeerOrigin Origin { get; } = origin;

    /// <summary>
    /// The size of the info dictionary in bytes as the peer announced it (<c>metadata_size</c>); null before.
    /// </summary>
    public int? Size { get; set; }

    /// <summary>Why the peer is no longer used and its connection is to be closed; null while it is used.</summary>
    public SourceFault? Fault { get; set; }

    /// <summary>The assembly to which the peer's pieces are added; null while the peer has not been asked.</summary>
    public MetadataAssembly? Assembly { get; set; }

    /// <summary>Requested pieces that have not timed out, oldest first.</summary>
    public List<int> Requests { get; } = [];

    /// <summary>All requested pieces without an answer, those that timed out included.</summary>
    public HashSet<int> Unanswered { get; } = [];

    /// <summary>The number of requests the peer may have outstanding. Grows by one with each piece received.</summary>
    public int Depth { get; set; } = FirstDepth;

    /// <summary>
    /// Start of the current timeout: when the peer last sent a piece, was sent a request while none was outstanding, or
    /// timed out.
    /// </summary>
    public TimeSpan LastService { get; set; }

    /// <summary>Consecutive request timeouts.</summary>
    public int Timeouts { get; set; }

    /// <summary>Number of rejects received.</summary>
    public int Rejects { get; set; }

    /// <summary>When requests may be sent again after a reject.</summary>
    public TimeSpan RetryAt { get; set; }

    /// <summary>
    /// Number of unsolicited messages received. Negative while answers to withdrawn requests may still arrive.
    /// </summary>
    public int Unsolicited { get; set; }

    /// <summary>Bytes of the info dictionary received from the peer, duplicates excluded.</summary>
    public long Received { get; set; }

    /// <summary>Whether the peer announced an info dictionary and has not been excluded.</summary>
    public bool IsUsable => Fault is null && Size is not null;
}

/// <summary>Why a peer is no longer used as a source of the info dictionary.</summary>
internal enum SourceFault
{
    /// <summary>It sent a malformed piece, a changed size, or too many unsolicited messages.</summary>
    ProtocolError,

    /// <summary>It answered with nothing but timeouts or rejects.</summary>
    ServesNothing,

    /// <summary>It announced the largest size when unverified pieces exceeded their limit.</summary>
    SizeTooLarge,

    /// <summary>It sent pieces that do not belong to the info dictionary.</summary>
    WrongData,
}
