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

/// <summary>All that the loop knows of one connected peer.</summary>
internal sealed class Peer
{
    /// <summary>How many of a peer's allowed-fast and suggested pieces are remembered (BEP 6 names ten).</summary>
    public const int MaxFastPieces = 32;

    private RecentTransfer _given;
    private RecentTransfer _taken;

    public Peer(PeerIndex index, IPeerLink link, PeerId id, int pieceCount)
        : this(index, link, new PeerOrigin(link.EndPoint), pieceCount)
    {
        Wire = link;
        Id = id;
    }

    /// <summary>A web seed, which has no id.</summary>
    public Peer(PeerIndex index, IBlockSource link, PeerOrigin origin, int pieceCount)
    {
        Index = index;
        Link = link;
        Origin = origin;
        Have = new Bitfield(pieceCount);
    }

    public PeerIndex Index { get; }

    /// <summary>Who answers for what it sends.</summary>
    public PeerOrigin Origin { get; }

    /// <summary>The connection or the web seed: where blocks are requested.</summary>
    public IBlockSource Link { get; }

    /// <summary>The same connection as <see cref="Link"/> with all messages of the wire protocol; null for a web seed.</summary>
    public IPeerLink? Wire { get; }

    /// <summary>Number of blocks queued for the peer and not yet sent; 0 for a web seed.</summary>
    public int QueuedBlocks => Wire?.QueuedBlocks ?? 0;

    public PeerId Id { get; }

    /// <summary>The pieces it has, as counted in the picker.</summary>
    public Bitfield Have { get; private set; }

    /// <summary>Announcements that wait for the piece geometry and the check of existing data; null when there are none.</summary>
    public EarlyMessages? Early { get; set; }

    public required string Client { get; set; }

    public required PeerSource Source { get; set; }

    /// <summary>The number of the web seed in <see cref="SwarmSettings.WebSeeds"/> that this is; null when it is a peer.</summary>
    public int? WebSeed { get; init; }

    public bool IsWebSeed => WebSeed is not null;

    public required bool Incoming { get; init; }

    public required bool SupportsFast { get; init; }

    public required bool SupportsExtensions { get; init; }

    /// <summary>Whether it was heard to say where its DHT node is.</summary>
    public bool HasToldDhtPort { get; set; }

    /// <summary>When it connected, as <see cref="SwarmState.Uptime"/>.</summary>
    public required TimeSpan ConnectedAt { get; init; }

    /// <summary>Whether a message that must come first (bitfield, have all, have none) may still come.</summary>
    public bool ExpectsBitfield { get; set; } = true;

    public bool IsUploadOnly { get; set; }

    /// <summary>Whether it was not told of all that we have, and is shown pieces one by one (BEP 16).</summary>
    public bool IsShownPieces { get; set; }

    /// <summary>How many pieces, from the first on, it has been told of since super-seeding ended.</summary>
    public int ToldUpTo { get; set; }

    public bool IsSeed => Have is { IsComplete: true, PieceCount: > 0 };

    /// <summary>We want something it has.</summary>
    public bool AmInterested { get; set; }

    /// <summary>It does not serve us.</summary>
    public bool IsChokingUs { get; set; } = true;

    /// <summary>It wants something we have.</summary>
    public bool IsInterested { get; set; }

    /// <summary>We do not serve it.</summary>
    public bool AmChoking { get; set; } = true;

    /// <summary>Why we do or do not.</summary>
    public ChokeReason ChokeReason { get; set; }

    /// <summary>Its place in the choker's order, 1 being the first; null when it has none.</summary>
    public int? ChokeRank { get; set; }

    /// <summary>When we last unchoked it, as <see cref="SwarmState.Uptime"/>.</summary>
    public TimeSpan? UnchokedAt { get; set; }

    /// <summary>When it last had or took something of us, or was choked, as <see cref="SwarmState.Uptime"/>.</summary>
    public TimeSpan LastTook { get; set; }

    /// <summary>What it had taken then, in bytes.</summary>
    public long SentBefore { get; set; }

    /// <summary>When we last choked it, as <see cref="SwarmState.Uptime"/>.</summary>
    public TimeSpan? ChokedAt { get; set; }

    public bool IsSnubbed => Depth.IsSnubbed;

    /// <summary>It had a part in a piece that was wrong.</summary>
    public bool OnParole { get; set; }

    /// <summary>It had a part in a piece that was right; until then little is asked of it (<see cref="UnprovenPeerLimit"/>).</summary>
    public bool IsProven { get; set; }

    /// <summary>It is being disconnected: nothing more is asked of it or sent to it.</summary>
    public bool IsClosing { get; set; }

    public RequestQueue Requests { get; } = new();

    public RequestDepth Depth { get; init; } = new();

    public RequestTimeout Timeout { get; } = new();

    /// <summary>How it answers requests.</summary>
    public RequestOutcomes RequestOutcomes { get; } = new();

    /// <summary>Pieces it gives even while it chokes us (BEP 6).</summary>
    public List<PieceIndex> AllowedFast { get; } = [];

    /// <summary>Pieces it suggests (BEP 6), the latest last.</summary>
    public List<PieceIndex> Suggested { get; } = [];

    /// <summary>Pieces it may have of us even while we choke it.</summary>
    public List<PieceIndex> Offered { get; } = [];

    /// <summary>What its address may have while we choke it, once that was asked.</summary>
    public AllowedFastGrant? Grant { get; set; }

    public long LastReceived { get; set; }

    public long LastSent { get; set; }

    public long LastBlock { get; set; }

    /// <summary>When it last gave a block it was asked for, unchoked us, or began to be asked; a timeout does not renew it.</summary>
    public long LastService { get; set; }

    public TimeSpan? RoundTrip { get; set; }

    public long Downloaded { get; set; }

    public long Wasted { get; set; }

    public long HashFailed { get; set; }

    /// <summary>Requests that were taken back and may have crossed their blocks: so many that come unasked are no offence.</summary>
    public int TakenBack { get; set; }

    /// <summary>Messages out of turn: blocks nobody asked for, requests that can't be met.</summary>
    public int Offences { get; set; }

    /// <summary>What it asked of the info dictionary.</summary>
    public MetadataAccount Metadata { get; } = new();

    /// <summary>What it gives of the info dictionary, while that is being downloaded; null before it has announced the extension.</summary>
    public MetadataSource? MetadataSource { get; set; }

    /// <summary>Whether info dictionary pieces can be requested of it.</summary>
    public bool OffersMetadata => MetadataSource is { IsUsable: true };

    /// <summary>When either side last was interested in the other, as <see cref="SwarmState.Uptime"/>.</summary>
    public TimeSpan UsefulAt { get; set; }

    /// <summary>What it gave lately, in bytes, without what came to nothing.</summary>
    public long GivenLately => _given.RecentBytes(Given);

    /// <summary>What it took lately, in bytes.</summary>
    public long TakenLately => _taken.RecentBytes(Link.Traffic.PayloadSent);

    private long Given => Downloaded - Wasted - HashFailed;

    public RateMeter DownloadMeter = new(RateMeter.DisplaySmoothing);

    public RateMeter UploadMeter = new(RateMeter.DisplaySmoothing);

    /// <summary>What it gives as the choker sees it: over one round, so that a pause between two pieces costs nobody its slot.</summary>
    public RateMeter GivesMeter = new(Choker.RoundInterval.TotalSeconds);

    /// <summary>Notes what it was good for; to be called about once a second.</summary>
    /// <param name="now">The time as <see cref="SwarmState.Uptime"/>.</param>
    public void NoteUse(TimeSpan now)
    {
        if (AmInterested || IsInterested)
            UsefulAt = now;
        _given.Sample(Given, now);
        _taken.Sample(Link.Traffic.PayloadSent, now);
    }

    /// <summary>The port it says it listens on; null while it did not say.</summary>
    public ushort? ListenPort { get; set; }

    /// <summary>Where it can be called: where it was called, or where it says; null when neither is known, and for what is no peer.</summary>
    public IPEndPoint? ListensAt => IsWebSeed ? null : !Incoming ? Link.EndPoint : ListenPort is { } port ? new IPEndPoint(Link.EndPoint.Address, port) : null;

    /// <summary>The id under which it wants to be told of other peers (BEP 11); 0 when it does not.</summary>
    public byte PexId { get; set; }

    /// <summary>Whom it was told of.</summary>
    public PexDelta PexDelta { get; } = new();

    /// <summary>As of which state of the table it has been told everything.</summary>
    public int ExchangedAt { get; set; } = -1;

    /// <summary>What it may tell.</summary>
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
