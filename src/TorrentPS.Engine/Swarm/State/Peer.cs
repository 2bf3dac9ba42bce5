using System.Net;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Policy;
using TorrentPS.Engine.Policy.Choking;
using TorrentPS.Engine.Policy.Connections;
using TorrentPS.Engine.Policy.Metadata;
using TorrentPS.Engine.Policy.Requests;
using TorrentPS.Engine.Policy.Trust;
using TorrentPS.Engine.Runtime;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Swarm.State;

/// <summary>The loop's state of one connected peer or one web seed in use.</summary>
internal sealed class Peer
{
    /// <summary>
    /// Maximum allowed fast pieces, and suggested pieces, kept of a peer (BEP 6). Clients send about ten.
    /// </summary>
    public const int MaxFastPieces = 32;

    private RecentTransfer _recentDownload;
    private RecentTransfer _recentUpload;

    /// <summary>A connected peer.</summary>
    public Peer(PeerIndex index, IPeerLink link, PeerId id, int pieceCount)
        : this(index, link, new PeerOrigin(link.EndPoint), pieceCount)
    {
        Wire = link;
        Id = id;
    }

    /// <summary>A web seed. It has no peer id.</summary>
    public Peer(PeerIndex index, IBlockSource link, PeerOrigin origin, int pieceCount)
    {
        Index = index;
        Link = link;
        Origin = origin;
        Have = new Bitfield(pieceCount);
    }

    public PeerIndex Index { get; }

    /// <summary>The address, or web seed, that is banned when the peer sends bad data.</summary>
    public PeerOrigin Origin { get; }

    /// <summary>The connection or the web seed: where blocks are requested.</summary>
    public IBlockSource Link { get; }

    /// <summary>
    /// The same connection as <see cref="Link"/> with all messages of the wire protocol; null for a web seed.
    /// </summary>
    public IPeerLink? Wire { get; }

    /// <summary>Number of blocks queued for the peer and not yet sent; 0 for a web seed.</summary>
    public int QueuedBlocks => Wire?.QueuedBlocks ?? 0;

    public PeerId Id { get; }

    /// <summary>The pieces that the peer announced. The picker counts them in its availability.</summary>
    public Bitfield Have { get; private set; }

    /// <summary>
    /// Announcements kept until the metadata is known and existing data is checked; null when there are none.
    /// </summary>
    public EarlyMessages? EarlyMessages { get; set; }

    /// <summary>The client's name: from the extension handshake, or else from the peer id.</summary>
    public required string Client { get; set; }

    public required PeerSource Source { get; set; }

    /// <summary>Index in <see cref="SwarmSettings.WebSeeds"/>; null for a peer.</summary>
    public int? WebSeed { get; init; }

    public bool IsWebSeed => WebSeed is not null;

    /// <summary>Whether the peer opened the connection.</summary>
    public required bool Incoming { get; init; }

    public required bool SupportsFast { get; init; }

    public required bool SupportsExtensions { get; init; }

    /// <summary>Whether the peer has sent a port message (BEP 5). Further ones are ignored.</summary>
    public bool HasSentDhtPort { get; set; }

    /// <summary>When the peer connected, as <see cref="SwarmState.Uptime"/>.</summary>
    public required TimeSpan ConnectedAt { get; init; }

    /// <summary>Whether have all and have none are still allowed: they must come first (BEP 6).</summary>
    public bool ExpectsBitfield { get; set; } = true;

    /// <summary>Whether the peer announced that it downloads nothing (<c>upload_only</c>, BEP 21).</summary>
    public bool IsUploadOnly { get; set; }

    /// <summary>
    /// Whether this client hides its pieces from the peer and announces them one by one (super-seeding, BEP 16).
    /// </summary>
    public bool IsSuperSeeded { get; set; }

    /// <summary>
    /// Number of pieces, counted from the first, that were announced to the peer since super-seeding was switched off.
    /// </summary>
    public int AnnouncedPieces { get; set; }

    /// <summary>Whether the peer has all pieces. Not known before the metadata is.</summary>
    public bool IsSeed => Have is { IsComplete: true, PieceCount: > 0 };

    /// <summary>Whether this client is interested in the peer.</summary>
    public bool AmInterested { get; set; }

    /// <summary>Whether the peer chokes this client.</summary>
    public bool IsChokingUs { get; set; } = true;

    /// <summary>Whether the peer is interested in this client.</summary>
    public bool IsInterested { get; set; }

    /// <summary>Whether this client chokes the peer.</summary>
    public bool AmChoking { get; set; } = true;

    /// <summary>Why this client chokes or unchokes the peer.</summary>
    public ChokeReason ChokeReason { get; set; }

    /// <summary>The peer's position in the choker's ranking, from 1; null when the choker did not rank it.</summary>
    public int? ChokeRank { get; set; }

    /// <summary>When this client last unchoked the peer, as <see cref="SwarmState.Uptime"/>.</summary>
    public TimeSpan? UnchokedAt { get; set; }

    /// <summary>
    /// When the peer was last busy, as <see cref="SwarmState.Uptime"/>: it was choked, had blocks queued, or payload
    /// was sent to it.
    /// </summary>
    public TimeSpan BusyAt { get; set; }

    /// <summary>Payload bytes that had been sent to the peer at <see cref="BusyAt"/>.</summary>
    public long SentWhenBusy { get; set; }

    /// <summary>When this client last choked the peer, as <see cref="SwarmState.Uptime"/>.</summary>
    public TimeSpan? ChokedAt { get; set; }

    public bool IsSnubbed => Depth.IsSnubbed;

    /// <summary>
    /// Whether the peer sent blocks of a piece that failed its hash check. Whole pieces are now requested from it
    /// alone.
    /// </summary>
    public bool OnParole { get; set; }

    /// <summary>
    /// Whether the peer sent a block of a verified piece. Until then few blocks are requested of it
    /// (<see cref="UnprovenPeerLimit"/>).
    /// </summary>
    public bool IsProven { get; set; }

    /// <summary>Whether the connection is being closed. Nothing more is requested of the peer or sent to it.</summary>
    public bool IsClosing { get; set; }

    public RequestQueue Requests { get; } = new();

    public RequestDepth Depth { get; init; } = new();

    public RequestTimeout Timeout { get; } = new();

    /// <summary>Counts of blocks, rejects and timeouts that followed requests.</summary>
    public RequestOutcomes RequestOutcomes { get; } = new();

    /// <summary>Pieces that can be requested while the peer chokes this client (allowed fast, BEP 6).</summary>
    public List<PieceIndex> AllowedFast { get; } = [];

    /// <summary>Pieces that the peer suggested (BEP 6), the latest last.</summary>
    public List<PieceIndex> Suggested { get; } = [];

    /// <summary>Pieces for which this client sent allowed fast (BEP 6).</summary>
    public List<PieceIndex> GrantedFast { get; } = [];

    /// <summary>Allowed fast pieces and bytes granted to the peer's address; null before the first use.</summary>
    public AllowedFastGrant? Grant { get; set; }

    /// <summary>When a message of the peer was last handled, as <see cref="SwarmState.Now"/>.</summary>
    public long LastReceived { get; set; }

    /// <summary>When messages were last sent to the peer, as <see cref="SwarmState.Now"/>.</summary>
    public long LastSent { get; set; }

    /// <summary>
    /// When the peer last sent a block, or was sent a request while none was outstanding, as
    /// <see cref="SwarmState.Now"/>.
    /// </summary>
    public long LastBlock { get; set; }

    /// <summary>
    /// When the peer last sent a requested block or unchoked this client, as <see cref="SwarmState.Now"/>. Unlike
    /// <see cref="LastBlock"/>, it is not renewed by requests to a snubbed peer.
    /// </summary>
    public long LastService { get; set; }

    /// <summary>The shortest time from a request to its block; null before the first block.</summary>
    public TimeSpan? RoundTrip { get; set; }

    /// <summary>Payload bytes received.</summary>
    public long Downloaded { get; set; }

    /// <summary>Payload bytes received that were not needed.</summary>
    public long Wasted { get; set; }

    /// <summary>Payload bytes received in pieces that failed their hash.</summary>
    public long HashFailed { get; set; }

    /// <summary>
    /// Number of cancelled requests whose blocks may still arrive. The same number of unsolicited blocks and rejects is
    /// not counted as violations.
    /// </summary>
    public int Cancelled { get; set; }

    /// <summary>
    /// Protocol violations counted so far: unsolicited blocks and rejects, and requests that can't be served.
    /// </summary>
    public int Violations { get; set; }

    /// <summary>The peer's requests for the info dictionary (BEP 9).</summary>
    public MetadataUpload MetadataUpload { get; } = new();

    /// <summary>
    /// The peer as a source of the info dictionary while that is downloaded; null before the peer has announced the
    /// extension (BEP 9).
    /// </summary>
    public MetadataSource? MetadataSource { get; set; }

    /// <summary>Whether pieces of the info dictionary can be requested of the peer.</summary>
    public bool OffersMetadata => MetadataSource is { IsUsable: true };

    /// <summary>
    /// When either side was last interested in the other, or the peer sent metadata, as
    /// <see cref="SwarmState.Uptime"/>.
    /// </summary>
    public TimeSpan UsefulAt { get; set; }

    /// <summary>Useful payload bytes received in the last one to two minutes.</summary>
    public long RecentlyDownloaded => _recentDownload.RecentBytes(Useful);

    /// <summary>Payload bytes sent in the last one to two minutes.</summary>
    public long RecentlyUploaded => _recentUpload.RecentBytes(Link.Traffic.PayloadSent);

    private long Useful => Downloaded - Wasted - HashFailed;

    public RateMeter DownloadMeter = new(RateMeter.DisplaySmoothing);

    public RateMeter UploadMeter = new(RateMeter.DisplaySmoothing);

    /// <summary>
    /// The download rate that the choker ranks by. It is averaged over a choke round, so that a pause between two
    /// pieces does not lower it.
    /// </summary>
    public RateMeter ChokerMeter = new(Choker.RoundInterval.TotalSeconds);

    /// <summary>Samples interest and recent transfers. Called about once a second.</summary>
    /// <param name="now">The time as <see cref="SwarmState.Uptime"/>.</param>
    public void Sample(TimeSpan now)
    {
        if (AmInterested || IsInterested)
            UsefulAt = now;
        _recentDownload.Sample(Useful, now);
        _recentUpload.Sample(Link.Traffic.PayloadSent, now);
    }

    /// <summary>
    /// The TCP port that the peer announced in its extension handshake (<c>p</c>, BEP 10); null before.
    /// </summary>
    public ushort? ListenPort { get; set; }

    /// <summary>
    /// The address at which the peer accepts connections: the one dialed, or its address with <see cref="ListenPort"/>.
    /// Null while the port is unknown, and for a web seed.
    /// </summary>
    public IPEndPoint? ListenEndPoint =>
        IsWebSeed ? null
        : !Incoming ? Link.EndPoint
        : ListenPort is { } port ? new IPEndPoint(Link.EndPoint.Address, port)
        : null;

    /// <summary>The id that the peer assigned to peer exchange messages (BEP 11); 0 when it accepts none.</summary>
    public byte PexId { get; set; }

    /// <summary>The addresses sent to the peer in peer exchange messages.</summary>
    public PexDelta PexDelta { get; } = new();

    /// <summary>The value of <see cref="PeerTable.Changes"/> up to which the peer has received all changes.</summary>
    public int PexChanges { get; set; } = -1;

    /// <summary>Limits of the peer exchange messages received from the peer.</summary>
    public PexLimits PexLimits { get; } = new();

    /// <summary>Whether the connection was closed because the peer misbehaved.</summary>
    public bool Misbehaved { get; private set; }

    /// <summary>Replaces <see cref="Have"/> by an empty bitfield, because the number of pieces became known.</summary>
    public void UsePieceCount(int count) => Have = new Bitfield(count);

    /// <summary>Closes the connection. <see cref="PeerClosed"/> follows when its I/O loops have ended.</summary>
    /// <param name="reason">The reason.</param>
    /// <param name="detail">What exactly happened, in a sentence, or null when the reason says all.</param>
    public void Disconnect(DisconnectReason reason, string? detail = null)
    {
        if (IsClosing)
            return;
        MarkClosed(reason);
        Link.Close(reason, detail);
    }

    /// <summary>Notes that the connection is closing or closed, and whether the peer misbehaved.</summary>
    public void MarkClosed(DisconnectReason reason)
    {
        IsClosing = true;
        Misbehaved |= reason.IsMisbehaviour();
    }
}
