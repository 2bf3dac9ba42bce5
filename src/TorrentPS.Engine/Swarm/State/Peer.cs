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

/// <summary>The swarm loop's state of one connected peer, or of one web seed in use.</summary>
internal sealed class Peer
{
    /// <summary>
    /// Maximum number of allowed fast pieces recorded for one peer. The same maximum applies to its suggested pieces
    /// (BEP 6). Clients send about ten of each.
    /// </summary>
    public const int MaxFastPieces = 32;

    /// <summary>
    /// Time after which an unchoked peer that requests nothing no longer counts as interested
    /// (<see cref="UsefulAt"/>). A peer normally sends requests within one round trip after it is unchoked.
    /// </summary>
    private static readonly TimeSpan s_maxIdleTime = TimeSpan.FromSeconds(10);

    private readonly FloodLimit _flood = new();
    private readonly List<MessageBatch> _heldBatches = [];
    private RecentTransfer _recentDownload;
    private RecentTransfer _recentUpload;

    public Peer(PeerIndex index, IPeerLink link, PeerId id, int pieceCount)
        : this(index, link, new PeerOrigin(link.EndPoint), pieceCount)
    {
        Wire = link;
        Id = id;
    }

    /// <summary>Creates the state of a web seed, which has no <see cref="Wire"/> and no peer id.</summary>
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

    /// <summary>The peer's connection or the link to the web seed. Block requests are sent to it.</summary>
    public IBlockSource Link { get; }

    /// <summary>
    /// The same connection as <see cref="Link"/>, with methods for all messages of the peer wire protocol; null for a
    /// web seed.
    /// </summary>
    public IPeerLink? Wire { get; }

    /// <summary>Number of blocks queued to be sent to the peer; 0 for a web seed.</summary>
    public int QueuedBlocks => Wire?.QueuedBlocks ?? 0;

    public PeerId Id { get; }

    /// <summary>The pieces that the peer announced. The piece picker counts them in its availability.</summary>
    public Bitfield Have { get; private set; }

    /// <summary>The peer's early messages that have not been applied yet; null if there are none.</summary>
    public EarlyMessages? EarlyMessages { get; set; }

    /// <summary>
    /// Name and version of the peer's client, taken from the extension handshake or otherwise from the peer id.
    /// </summary>
    public required string Client { get; set; }

    public required PeerSource Source { get; set; }

    /// <summary>Index of the web seed in <see cref="SwarmSettings.WebSeeds"/>; null for a peer.</summary>
    public int? WebSeed { get; init; }

    public bool IsWebSeed => WebSeed is not null;

    public required bool Incoming { get; init; }

    public bool IsEncrypted { get; init; }

    public required bool SupportsFast { get; init; }

    public required bool SupportsExtensions { get; init; }

    /// <summary>Whether a port message (BEP 5) of the peer was accepted. Its later port messages are ignored.</summary>
    public bool HasSentDhtPort { get; set; }

    /// <summary>When the peer connected (value of <see cref="SwarmState.Uptime"/>).</summary>
    public required TimeSpan ConnectedAt { get; init; }

    /// <summary>
    /// Whether the peer may still send have none (BEP 6). Only keep-alive, extended and port messages may come before
    /// it.
    /// </summary>
    public bool MaySendHaveNone { get; set; } = true;

    /// <summary>
    /// Whether the peer announced in its extension handshake that it downloads nothing (<c>upload_only</c>, BEP 21).
    /// </summary>
    public bool IsUploadOnly { get; set; }

    /// <summary>
    /// Whether super-seeding hid this client's pieces from the peer (BEP 16). If so, single pieces are advertised to
    /// the peer by have messages.
    /// </summary>
    public bool IsSuperSeeded { get; set; }

    /// <summary>
    /// Number of pieces, from piece 0 on, that have been announced to the peer since super-seeding ended.
    /// </summary>
    public int AnnouncedPieces { get; set; }

    /// <summary>Verified pieces that have not been announced to the peer yet.</summary>
    public Queue<PieceIndex> WaitingHaves { get; } = new();

    /// <summary>Whether the peer has all pieces. False until the metadata is known.</summary>
    public bool IsSeed => Have is { IsComplete: true, PieceCount: > 0 };

    /// <summary>Whether this client is interested in the peer.</summary>
    public bool AmInterested { get; set; }

    /// <summary>Whether the peer chokes this client.</summary>
    public bool IsChokingUs { get; set; } = true;

    /// <summary>Whether the peer is interested in this client.</summary>
    public bool IsInterested { get; set; }

    /// <summary>Number of have messages sent to the peer.</summary>
    public int HavesSent { get; private set; }

    /// <summary>
    /// Value of <see cref="HavesSent"/> when the peer last sent an interested message; −1 before the first one.
    /// </summary>
    public int HavesWhenInterested { get; set; } = -1;

    /// <summary>Whether this client chokes the peer.</summary>
    public bool AmChoking { get; set; } = true;

    /// <summary>The reason for the choker's last decision to choke or unchoke the peer.</summary>
    public ChokeReason ChokeReason { get; set; }

    /// <summary>
    /// Position of the peer in the choker's last ranking, starting at 1; null if the choker did not rank the peer.
    /// </summary>
    public int? ChokeRank { get; set; }

    /// <summary>
    /// When this client last unchoked the peer (value of <see cref="SwarmState.Uptime"/>); null if it never did.
    /// </summary>
    public TimeSpan? UnchokedAt { get; set; }

    /// <summary>
    /// When the peer became idle, as a value of <see cref="SwarmState.Uptime"/>. Set at each tick while the peer is
    /// choked, while blocks are queued for the peer, and while the peer receives payload.
    /// </summary>
    public TimeSpan IdleSince { get; set; }

    /// <summary>Total payload bytes that had been sent to the peer at <see cref="IdleSince"/>.</summary>
    public long SentWhenBusy { get; set; }

    /// <summary>
    /// When this client last choked the peer after an unchoke (value of <see cref="SwarmState.Uptime"/>); null if it
    /// never did.
    /// </summary>
    public TimeSpan? ChokedAt { get; set; }

    /// <summary>Number of uncharged requests that the peer sent soon after <see cref="ChokedAt"/>.</summary>
    public int RequestsAfterChoke { get; set; }

    public bool IsSnubbed => Depth.IsSnubbed;

    /// <summary>
    /// Whether the peer's origin is on parole. If so, whole pieces are requested from this peer alone, where possible.
    /// </summary>
    public bool OnParole { get; set; }

    /// <summary>
    /// Whether a piece with a block of the peer has passed its hash check during this connection. Before that, few
    /// blocks are requested from the peer (<see cref="UnprovenPeerLimit"/>).
    /// </summary>
    public bool IsProven { get; set; }

    /// <summary>Whether the connection is closing. No more messages are sent to the peer then.</summary>
    public bool IsClosing { get; set; }

    public RequestQueue Requests { get; } = new();

    public RequestDepth Depth { get; init; } = new();

    public RequestTimeout Timeout { get; } = new();

    public RequestOutcomes RequestOutcomes { get; } = new();

    /// <summary>
    /// Pieces in the peer's allowed fast messages (BEP 6). This client may request them while the peer chokes it.
    /// </summary>
    public List<PieceIndex> AllowedFast { get; } = [];

    /// <summary>Pieces that the peer suggested (BEP 6), oldest first.</summary>
    public List<PieceIndex> Suggested { get; } = [];

    /// <summary>
    /// Pieces in this client's allowed fast messages (BEP 6). The peer may request them while this client chokes it.
    /// </summary>
    public List<PieceIndex> GrantedFast { get; } = [];

    /// <summary>The allowed fast grant of the peer's origin; null until it is needed for the first time.</summary>
    public AllowedFastGrant? Grant { get; set; }

    /// <summary>
    /// When the loop last handled a message of the peer, as a timestamp of <see cref="SwarmState.Now"/>.
    /// </summary>
    public long LastReceived { get; set; }

    /// <summary>When messages were last sent to the peer, as a timestamp of <see cref="SwarmState.Now"/>.</summary>
    public long LastSent { get; set; }

    /// <summary>
    /// When the current wait for a block began, as a timestamp of <see cref="SwarmState.Now"/>. The request timeout
    /// counts from this time. Set when a block arrives, when a request is sent and no other is outstanding, and at each
    /// tick at which this client delays the peer.
    /// </summary>
    public long RequestTimerStart { get; set; }

    /// <summary>
    /// Start of the snub timer, as a timestamp of <see cref="SwarmState.Now"/>. If the timer runs for too long, the
    /// choker treats the peer as snubbed.
    /// </summary>
    /// <remarks>
    /// Four events restart the timer: the peer sends a requested block, the peer unchokes this client, this client
    /// delays the peer, or this client sends a request while none is outstanding. The last event does not restart the
    /// timer of a snubbed peer.
    /// </remarks>
    public long SnubTimerStart { get; set; }

    /// <summary>
    /// Shortest measured time from a request to the arrival of its block; null until the first requested block arrives.
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
    /// Number of withdrawn requests that the peer may still answer. While it is above zero, an unsolicited block or
    /// reject is taken for such an answer, and is not a violation.
    /// </summary>
    public int WithdrawnRequests { get; set; }

    /// <summary>Whether the peer has sent its extension handshake (BEP 10).</summary>
    public bool HasSentExtensionHandshake { get; set; }

    public MetadataUpload MetadataUpload { get; } = new();

    /// <summary>
    /// The peer as a source of the info dictionary (BEP 9). Null if the peer neither announced the metadata extension
    /// nor sent a metadata message during the metadata download.
    /// </summary>
    public MetadataSource? MetadataSource { get; set; }

    /// <summary>Whether pieces of the info dictionary can be requested from the peer.</summary>
    public bool OffersMetadata => MetadataSource is { IsUsable: true };

    /// <summary>
    /// When the connection was last useful (value of <see cref="SwarmState.Uptime"/>): one side was interested in the
    /// other, or the peer sent metadata. The peer's interest does not count while the peer is unchoked and requests
    /// nothing. Initially the time at which the peer connected.
    /// </summary>
    public TimeSpan UsefulAt { get; set; }

    /// <summary>
    /// Payload bytes received in the last one to two minutes. Bytes that were not needed or failed a hash check are
    /// left out.
    /// </summary>
    public long RecentlyDownloaded => _recentDownload.RecentBytes(Useful);

    /// <summary>Payload bytes sent in the last one to two minutes.</summary>
    public long RecentlyUploaded => _recentUpload.RecentBytes(Link.Traffic.PayloadSent);

    private long Useful => Downloaded - Wasted - HashFailed;

    public RateMeter DownloadMeter = new(RateMeter.DisplaySmoothing);

    public RateMeter UploadMeter = new(RateMeter.DisplaySmoothing);

    /// <summary>
    /// Measures the download rate in bytes/s by which the choker ranks the peer. Its time constant is one choke round,
    /// so that a pause between two pieces hardly lowers the rate.
    /// </summary>
    public RateMeter ChokerMeter = new(Choker.RoundInterval.TotalSeconds);

    /// <summary>
    /// Updates <see cref="UsefulAt"/> and the counts of recently transferred bytes. Must be called about once a second.
    /// </summary>
    /// <param name="now">The current value of <see cref="SwarmState.Uptime"/>.</param>
    public void Sample(TimeSpan now)
    {
        bool requests = AmChoking || now - IdleSince < s_maxIdleTime;
        if (AmInterested || (IsInterested && requests))
            UsefulAt = now;
        _recentDownload.Sample(Useful, now);
        _recentUpload.Sample(Link.Traffic.PayloadSent, now);
    }

    /// <summary>
    /// The TCP port at which the peer accepts connections (<c>p</c> in the extension handshake, BEP 10); null until the
    /// peer has sent it.
    /// </summary>
    public ushort? ListenPort { get; set; }

    /// <summary>
    /// The address at which the peer accepts connections. It is the dialed address, or for an incoming connection the
    /// peer's IP address with <see cref="ListenPort"/>. Null while that port is unknown, and for a web seed.
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

    public PexDelta PexDelta { get; } = new();

    /// <summary>
    /// Number of changes of the peer table (<see cref="PeerTable.Changes"/>) that have been sent to the peer in peer
    /// exchange messages; −1 before the first of these messages.
    /// </summary>
    public int PexChanges { get; set; } = -1;

    public PexLimits PexLimits { get; } = new();

    /// <summary>Whether the connection closed because of the peer's misbehaviour.</summary>
    public bool Misbehaved { get; private set; }

    /// <summary>
    /// Replaces <see cref="Have"/> by an empty bitfield of the given size. Called when the metadata becomes known.
    /// </summary>
    public void UsePieceCount(int count) => Have = new Bitfield(count);

    /// <summary>
    /// Starts to close the connection. <see cref="PeerClosed"/> is posted when its I/O loops have ended. Does nothing
    /// if the connection is closing already.
    /// </summary>
    /// <param name="reason">Why the connection is closed.</param>
    /// <param name="detail">A sentence that says what exactly happened, or null.</param>
    public void Disconnect(DisconnectReason reason, string? detail = null)
    {
        if (IsClosing)
            return;
        MarkClosed(reason);
        Link.Close(reason, detail);
    }

    /// <summary>
    /// Gives a handled batch back to the connection. If the peer floods, the batch is held until the next tick. The
    /// connection reads nothing while all its batches are held. Batches with bodies are never held, because their
    /// bodies count towards the capacity of the block pool.
    /// </summary>
    /// <param name="batch">The batch.</param>
    /// <param name="now">The current value of <see cref="SwarmState.Uptime"/>.</param>
    public void Recycle(MessageBatch batch, TimeSpan now)
    {
        if (!IsClosing && batch.BodyBytes == 0 && _flood.IsSlowed(now))
            _heldBatches.Add(batch);
        else
            Link.Recycle(batch);
    }

    /// <summary>Gives the held batches back to the connection. Must be called at each tick.</summary>
    public void RecycleHeld()
    {
        foreach (MessageBatch batch in _heldBatches)
            Link.Recycle(batch);
        _heldBatches.Clear();
    }

    /// <summary>Sends a have message to the peer.</summary>
    public void SendHave(PieceIndex piece)
    {
        Wire?.SendHave(piece);
        HavesSent++;
    }

    /// <summary>
    /// Charges the peer for a message that brings nothing. Disconnects the peer if the limit is exceeded.
    /// </summary>
    /// <param name="charge">One of the charges of <see cref="FloodLimit"/>.</param>
    /// <param name="now">The current value of <see cref="SwarmState.Uptime"/>.</param>
    /// <param name="messages">
    /// Name of this kind of message in the plural. The detail text of the disconnection contains it.
    /// </param>
    public void Charge(int charge, TimeSpan now, string messages)
    {
        if (_flood.Add(charge, now))
            Disconnect(DisconnectReason.ProtocolError, $"It sent too many {messages}.");
    }

    /// <summary>
    /// Records that the connection is closing or has closed. Also records whether the reason is misbehaviour of the
    /// peer.
    /// </summary>
    public void MarkClosed(DisconnectReason reason)
    {
        IsClosing = true;
        RecycleHeld();
        Misbehaved |= reason.IsMisbehaviour();
    }
}
