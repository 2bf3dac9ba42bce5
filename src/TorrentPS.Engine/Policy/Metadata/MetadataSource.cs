namespace TorrentPS.Engine.Policy.Metadata;

/// <summary>
/// State of one connected peer from which pieces of the info dictionary are requested (BEP 9). Only
/// <see cref="MetadataFetch"/> changes it.
/// </summary>
internal sealed class MetadataSource(PeerOrigin origin)
{
    /// <summary>
    /// Maximum number of outstanding requests at a peer that hasn't sent a piece yet. With four requests, most info
    /// dictionaries arrive within two round trips.
    /// </summary>
    public const int InitialDepth = 4;

    /// <summary>Gets the origin that is banned if the peer sends wrong data.</summary>
    public PeerOrigin Origin { get; } = origin;

    /// <summary>
    /// Gets or sets the size of the info dictionary in bytes that the peer announced (<c>metadata_size</c>); null if
    /// the peer announced no size, or one above the maximum.
    /// </summary>
    public int? Size { get; set; }

    /// <summary>
    /// Gets or sets the reason why the peer was excluded; null if it wasn't. The connection of an excluded peer must be
    /// closed.
    /// </summary>
    public SourceFault? Fault { get; set; }

    /// <summary>
    /// Gets or sets the assembly to which the peer's pieces are added; null before the first request, and after the
    /// peer was removed from an assembly.
    /// </summary>
    public MetadataAssembly? Assembly { get; set; }

    /// <summary>Gets the pieces of outstanding requests that haven't timed out, the oldest request first.</summary>
    public List<int> Requests { get; } = [];

    /// <summary>
    /// Gets the requested pieces for which neither data nor a reject has arrived, including those of timed-out
    /// requests.
    /// </summary>
    public HashSet<int> Unanswered { get; } = [];

    /// <summary>
    /// Gets or sets the maximum number of outstanding requests at the peer. It grows by one with each received piece,
    /// and falls to one after a timeout.
    /// </summary>
    public int Depth { get; set; } = InitialDepth;

    /// <summary>
    /// Gets or sets when the current wait for a piece began. A new wait begins when a piece arrives, when the requests
    /// time out, and when a request is sent while no other is outstanding.
    /// </summary>
    public TimeSpan TimeoutStart { get; set; }

    public int Timeouts { get; set; }

    public int Rejects { get; set; }

    /// <summary>Gets or sets the earliest time for the next request after a reject.</summary>
    public TimeSpan RetryAt { get; set; }

    /// <summary>
    /// Gets or sets the number of unsolicited messages from the peer. When the peer is removed from an assembly, the
    /// number falls by one for each unanswered request. A late answer to such a request is counted as unsolicited and
    /// raises the number again. The number can be negative.
    /// </summary>
    public int Unsolicited { get; set; }

    /// <summary>
    /// Gets or sets the number of bytes received from the peer, without pieces that the assembly already had.
    /// </summary>
    public long Received { get; set; }

    /// <summary>
    /// Gets whether the peer may get requests: it announced a size up to the maximum, and it isn't excluded.
    /// </summary>
    public bool IsUsable => Fault is null && Size is not null;
}

internal enum SourceFault
{
    /// <summary>
    /// The peer sent a piece of the wrong length, announced different sizes of the info dictionary, or sent too many
    /// unsolicited messages.
    /// </summary>
    ProtocolError,

    /// <summary>Requests to the peer timed out several times in a row, or the peer sent too many rejects.</summary>
    ServesNothing,

    /// <summary>
    /// The peer announced a larger info dictionary than all other peers. The assembly of that size was dropped to limit
    /// the unverified bytes.
    /// </summary>
    SizeTooLarge,

    /// <summary>
    /// The peer sent a piece that differs from the verified info dictionary, or all pieces of a wrong info dictionary.
    /// </summary>
    WrongData,
}
