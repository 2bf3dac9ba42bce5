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

/// <summary>The state that the swarm loop keeps of one connected peer or one web seed in use.</summary>
internal sealed class Peer
{
    /// <summary>
    /// Maximum number of allowed fast pieces kept of a peer, and likewise of suggested pieces (BEP 6). Clients send
    /// about ten of each.
    /// </summary>
    public const int MaxFastPieces = 32;

    private RecentTransfer _recentDownload;
    private RecentTransfer _recentUpload;

    /// <summary>Creates the state of a connected peer.</summary>
    public Peer(PeerIndex index, IPeerLink link, PeerId id, int pieceCount)
        : this(index, link, new PeerOrigin(link.EndPoint), pieceCount)
    {
        Wire = link;
        Id = id;
    }

    /// <summary>Creates the state of a web seed. It has no <see cref="Wire"/> and no peer id.</summary>
    public Peer(PeerIndex index, IBlockSource link, PeerOrigin origin, int pieceCount)
    {
        Index = index;
        Link = link;
        Origin = origin;
        Have = new Bitfield(pieceCount);
    }

    public PeerIndex Index { get; }

    /// <summary>The origin that is put on parole or banned when the peer sends wrong data.</summary>
    public PeerOrigin Origin { get; }

    /// <summary>The peer's connection or the link to the web seed. The loop sends block requests to it.</summary>
    public IBlockSource Link { get; }

    /// <summary>
    /// The same connection as <see cref="Link"/>, with all messages of the peer wire protocol; null for a web seed.
    /// </summary>
    public IPeerLink? Wire { get; }

    /// <summary>
    /// Number of blocks that the peer requested and that are queued to be sent to it; 0 for a web seed.
    /// </summary>
    public int QueuedBlocks => Wire?.QueuedBlocks ?? 0;

    public PeerId Id { get; }

    /// <summary>The pieces that the peer announced. The piece picker's availability includes them.</summary>
    public Bitfield Have { get; private set; }

    /// <summary>
    /// Announcements about pieces that are applied when the metadata is known and existing data is checked; null if
    /// there are none.
    /// </summary>
    public EarlyMessages? EarlyMessages { get; set; }

    /// <summary>
    /// Name and version of the peer's client, from the extension handshake if it has them, otherwise from the peer id.
    /// </summary>
    public required string Client { get; set; }

    public required PeerSource Source { get; set; }

    /// <summary>Index of the web seed in <see cref="SwarmSettings.WebSeeds"/>; null for a peer.</summary>
    public int? WebSeed { get; init; }

    public bool IsWebSeed => WebSeed is not null;

    /// <summary>Whether the peer opened the connection.</summary>
    public required bool Incoming { get; init; }

    public required bool SupportsFast { get; init; }

    public required bool SupportsExtensions { get; init; }

    /// <summary>Whether a port message (BEP 5) of the peer was accepted. Further ones are ignored.</summary>
    public bool HasSentDhtPort { get; set; }

    /// <summary>When the peer connected: the value of <see cref="SwarmState.Uptime"/> at that time.</summary>
    public required TimeSpan ConnectedAt { get; init; }

    /// <summary>
    /// Whether the peer may still send have all or have none (BEP 6). Only keep-alive, extended and port messages may
    /// precede them.
    /// </summary>
    public bool ExpectsBitfield { get; set; } = true;

    /// <summary>
    /// Whether the peer announced in its extension handshake that it downloads nothing (<c>upload_only</c>, BEP 21).
    /// </summary>
    public bool IsUploadOnly { get; set; }

    /// <summary>
    /// Whether super-seeding hid this client's pieces from the peer (BEP 16). The pieces are then advertised to it by
    /// have messages.
    /// </summary>
    public bool IsSuperSeeded { get; set; }

    /// <summary>
    /// Number of pieces, counted from piece 0, that were announced to the peer after super-seeding was switched off.
    /// </summary>
    public int AnnouncedPieces { get; set; }

    /// <summary>Whether the peer has all pieces. False until the metadata is known.</summary>
    public bool IsSeed => Have is { IsComplete: true, PieceCount: > 0 };

    /// <summary>Whether this client is interested in the peer.</summary>
    public bool AmInterested { get; set; }

    /// <summary>Whether the peer chokes this client.</summary>
    public bool IsChokingUs { get; set; } = true;

    /// <summary>Whether the peer is interested in this client.</summary>
    public bool IsInterested { get; set; }

    /// <summary>Whether this client chokes the peer.</summary>
    public bool AmChoking { get; set; } = true;

    /// <summary>Why this client chokes or unchokes the peer, by the choker's last decision.</summary>
    public ChokeReason ChokeReason { get; set; }

    /// <summary>
    /// Position of the peer in the choker's last ranking, from 1; null if the choker did not rank it.
    /// </summary>
    public int? ChokeRank { get; set; }

    /// <summary>
    /// When this client last unchoked the peer (value of <see cref="SwarmState.Uptime"/>); null if it never did.
    /// </summary>
    public TimeSpan? UnchokedAt { get; set; }

    /// <summary>
    /// The last tick (value of <see cref="SwarmState.Uptime"/>) at which this client choked the peer, had blocks queued
    /// for it, or had sent it payload since the previous tick.
    /// </summary>
    public TimeSpan BusyAt { get; set; }

    /// <summary>Total number of payload bytes that had been sent to the peer at <see cref="BusyAt"/>.</summary>
    public long SentWhenBusy { get; set; }

    /// <summary>
    /// When this client last choked the peer after an unchoke (value of <see cref="SwarmState.Uptime"/>); null if it
    /// never did.
    /// </summary>
    public TimeSpan? ChokedAt { get; set; }

    public bool IsSnubbed => Depth.IsSnubbed;

    /// <summary>
    /// Whether the peer's origin is on parole: it sent blocks of a piece that failed its hash check. Pieces are then
    /// requested from this peer alone, as far as possible.
    /// </summary>
    public bool OnParole { get; set; }

    /// <summary>
    /// Whether a piece with a block of the peer has passed its hash check. Before that, few blocks are requested from
    /// the peer (<see cref="UnprovenPeerLimit"/>).
    /// </summary>
    public bool IsProven { get; set; }

    /// <summary>Whether the connection is closing. The loop then sends the peer no messages.</summary>
    public bool IsClosing { get; set; }

    public RequestQueue Requests { get; } = new();

    public RequestDepth Depth { get; init; } = new();

    public RequestTimeout Timeout { get; } = new();

    /// <summary>Counts of the blocks, rejects and time-outs that followed this client's requests.</summary>
    public RequestOutcomes RequestOutcomes { get; } = new();

    /// <summary>
    /// Pieces that this client may request while the peer chokes it (the peer's allowed fast messages, BEP 6).
    /// </summary>
    public List<PieceIndex> AllowedFast { get; } = [];

    /// <summary>Pieces that the peer suggested (BEP 6), the latest last.</summary>
    public List<PieceIndex> Suggested { get; } = [];

    /// <summary>
    /// Pieces that the peer may request while this client chokes it (this client's allowed fast messages, BEP 6).
    /// </summary>
    public List<PieceIndex> GrantedFast { get; } = [];

    /// <summary>The allowed fast grant of the peer's origin; null until it is first needed.</summary>
    public AllowedFastGrant? Grant { get; set; }

    /// <summary>
    /// When the loop last handled a message of the peer, as a timestamp of <see cref="SwarmState.Now"/>.
    /// </summary>
    public long LastReceived { get; set; }

    /// <summary>When messages were last sent to the peer, as a timestamp of <see cref="SwarmState.Now"/>.</summary>
    public long LastSent { get; set; }

    /// <summary>
    /// Start of the wait for the next block, as a timestamp of <see cref="SwarmState.Now"/>. Set when a block arrives,
    /// when the first of the outstanding requests is sent, and while this client itself delays the peer.
    /// </summary>
    public long LastBlock { get; set; }

    /// <summary>
    /// When the peer last sent a requested block or unchoked this client, as a timestamp of
    /// <see cref="SwarmState.Now"/>. Also set while this client itself delays the peer, and when the first of the
    /// outstanding requests is sent. Requests to a snubbed peer don't change this time, so that it shows how long that
    /// peer has sent nothing.
    /// </summary>
    public long LastService { get; set; }

    /// <summary>
    /// Shortest time between a request and the arrival of its block; null until the first block arrives.
    /// </summary>
    public TimeSpan? RoundTrip { get; set; }

    /// <summary>Payload bytes received from the peer.</summary>
    public long Downloaded { get; set; }

    /// <summary>Payload bytes received from the peer and discarded because they were not needed.</summary>
    public long Wasted { get; set; }

    /// <summary>
    /// Payload bytes received from the peer and discarded because their piece failed its hash check or had blocks of a
    /// banned peer.
    /// </summary>
    public long HashFailed { get; set; }

    /// <summary>
    /// Number of withdrawn requests whose blocks or rejects may still arrive. While it is above zero, an unsolicited
    /// reject or unneeded block lowers it by one and isn't a violation.
    /// </summary>
    public int Cancelled { get; set; }

    /// <summary>
    /// Number of the peer's violations: unsolicited blocks and rejects, and requests that this client can't serve.
    /// </summary>
    public int Violations { get; set; }

    /// <summary>The peer's requests for pieces of the info dictionary (BEP 9).</summary>
    public MetadataUpload MetadataUpload { get; } = new();

    /// <summary>
    /// The peer as a source of the info dictionary; null if the peer has not announced the metadata extension (BEP 9)
    /// during the metadata download.
    /// </summary>
    public MetadataSource? MetadataSource { get; set; }

    /// <summary>Whether pieces of the info dictionary can be requested from the peer.</summary>
    public bool OffersMetadata => MetadataSource is { IsUsable: true };

    /// <summary>
    /// When this client or the peer was last interested in the other, or the peer last sent metadata (value of
    /// <see cref="SwarmState.Uptime"/>). Initially the time at which the peer connected.
    /// </summary>
    public TimeSpan UsefulAt { get; set; }

    /// <summary>
    /// Payload bytes received in the last one to two minutes, without those that were not needed or failed a hash
    /// check.
    /// </summary>
    public long RecentlyDownloaded => _recentDownload.RecentBytes(Useful);

    /// <summary>Payload bytes sent in the last one to two minutes.</summary>
    public long RecentlyUploaded => _recentUpload.RecentBytes(Link.Traffic.PayloadSent);

    private long Useful => Downloaded - Wasted - HashFailed;

    public RateMeter DownloadMeter = new(RateMeter.DisplaySmoothing);

    public RateMeter UploadMeter = new(RateMeter.DisplaySmoothing);

    /// <summary>
    /// Download rate in bytes/s by which the choker ranks the peer. Its averaging time is a choke round, so that a
    /// pause between two pieces hardly lowers it.
    /// </summary>
    public RateMeter ChokerMeter = new(Choker.RoundInterval.TotalSeconds);

    /// <summary>
    /// Updates <see cref="UsefulAt"/> and the recently transferred bytes. Must be called about once a second.
    /// </summary>
    /// <param name="now">The current value of <see cref="SwarmState.Uptime"/>.</param>
    public void Sample(TimeSpan now)
    {
        if (AmInterested || IsInterested)
            UsefulAt = now;
        _recentDownload.Sample(Useful, now);
        _recentUpload.Sample(Link.Traffic.PayloadSent, now);
    }

    /// <summary>
    /// The TCP port at which the peer accepts connections, from its extension handshake (<c>p</c>, BEP 10); null until
    /// the peer has sent the port.
    /// </summary>
    public ushort? ListenPort { get; set; }

    /// <summary>
    /// The address at which the peer accepts connections: the dialed address, or for an incoming connection its IP
    /// address with <see cref="ListenPort"/>. Null while the port is unknown, and for a web seed.
    /// </summary>
    public IPEndPoint? ListenEndPoint =>
        IsWebSeed ? null
        : !Incoming ? Link.EndPoint
        : ListenPort is { } port ? new IPEndPoint(Link.EndPoint.Address, port)
        : null;

    /// <summary>
    /// The id that the peer assigned to peer exchange messages (BEP 11) in its extension handshake; 0 if it assigned
    /// none.
    /// </summary>
    public byte PexId { get; set; }

    /// <summary>The addresses that were sent to the peer in peer exchange messages.</summary>
    public PexDelta PexDelta { get; } = new();

    /// <summary>
    /// The peer has been sent all changes up to this value of <see cref="PeerTable.Changes"/>; −1 if it has been sent
    /// none.
    /// </summary>
    public int PexChanges { get; set; } = -1;

    /// <summary>Limits on the peer exchange messages that the peer sends.</summary>
    public PexLimits PexLimits { get; } = new();

    /// <summary>Whether the connection closed because of the peer's misbehaviour.</summary>
    public bool Misbehaved { get; private set; }

    /// <summary>
    /// Replaces <see cref="Have"/> by an empty bitfield of the given size. Called when the metadata becomes known.
    /// </summary>
    public void UsePieceCount(int count) => Have = new Bitfield(count);

    /// <summary>
    /// Starts to close the connection. <see cref="PeerClosed"/> is posted when its I/O loops have ended. Does nothing
    /// if it is closing already.
    /// </summary>
    /// <param name="reason">The reason.</param>
    /// <param name="detail">What exactly happened, in one sentence; null if the reason says it all.</param>
    public void Disconnect(DisconnectReason reason, string? detail = null)
    {
        if (IsClosing)
            return;
        MarkClosed(reason);
        Link.Close(reason, detail);
    }

    /// <summary>
    /// Records that the connection is closing or has closed, and whether the reason is misbehaviour of the peer.
    /// </summary>
    public void MarkClosed(DisconnectReason reason)
    {
        IsClosing = true;
        Misbehaved |= reason.IsMisbehaviour();
    }
}
