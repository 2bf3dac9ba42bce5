using System.Net;

namespace TorrentPS.Engine;

/// <summary>What holds for one torrent. Some of it can change while it runs: see <see cref="TorrentChange"/>.</summary>
public sealed record TorrentSettings
{
    /// <summary>The folder that holds (or will hold) the torrent's top-level file or folder. Relative paths are resolved at once.</summary>
    public required string Destination { get; init; }

    /// <summary>What the torrent was added for.</summary>
    public TorrentRole Role { get; init; } = TorrentRole.Download;

    /// <summary>In which order pieces are asked for.</summary>
    public PieceStrategy Strategy { get; init; } = PieceStrategy.RarestFirst;

    /// <summary>Wildcards (<c>*</c>, <c>?</c>, <c>[a-z]</c>) of the files wanted, matched against the path in the torrent, with and without the torrent's folder, and against the file name; empty means all.</summary>
    public IReadOnlyList<string> Include { get; init; } = [];

    /// <summary>Wildcards of the files not wanted; stronger than <see cref="Include"/>.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>Priorities by file index; files not named are <see cref="DownloadPriority.Normal"/>.</summary>
    public IReadOnlyDictionary<int, DownloadPriority> FilePriorities { get; init; } = new Dictionary<int, DownloadPriority>();

    /// <summary>Only the first so many pieces are wanted; null means all.</summary>
    public int? PieceCount { get; init; }

    /// <summary>The most peers connected at once.</summary>
    public int MaxPeers { get; init; } = 100;

    /// <summary>Peers known beforehand; tried at once and whenever the torrent has too few.</summary>
    public IReadOnlyList<IPEndPoint> Peers { get; init; } = [];

    /// <summary>Download limit in bytes/s; null is unlimited.</summary>
    public long? DownloadLimit { get; init; }

    /// <summary>Upload limit in bytes/s; null is unlimited.</summary>
    public long? UploadLimit { get; init; }

    /// <summary>When the torrent has done what it was added for.</summary>
    public StopWhen StopWhen { get; init; } = StopWhen.Complete;

    /// <summary>The ratio for <see cref="StopWhen.Ratio"/>: uploaded bytes per wanted byte.</summary>
    public double SeedRatio { get; init; } = 1;

    /// <summary>By which rule upload slots are given.</summary>
    public ChokerKind Choker { get; init; } = ChokerKind.TitForTat;

    /// <summary>How many peers are served at once; 0 serves nobody, null as many as fill the uplink.</summary>
    public int? UploadSlots { get; init; }

    /// <summary>Whether a seed shows each peer one piece at a time, and the next when others have got it from there (BEP 16): a first seed uploads little more than one copy.</summary>
    public bool SuperSeeding { get; init; }

    /// <summary>Whether a file takes its whole space when it is created.</summary>
    public AllocationMode Allocation { get; init; } = AllocationMode.Sparse;

    /// <summary>Take all wanted data as there and right without reading it. A wrong claim is a peer's loss: only for data just made or checked.</summary>
    public bool SkipCheck { get; init; }

    /// <summary>With <see cref="TorrentRole.Seed"/>: serve what is right even where the rest is missing or wrong.</summary>
    public bool AllowPartial { get; init; }

    /// <summary>The same with the destination as a full path.</summary>
    /// <exception cref="SessionException">Something is out of its range.</exception>
    internal TorrentSettings Resolve()
    {
        bool isWhole = this is { MaxPeers: >= 1, UploadSlots: null or >= 0, DownloadLimit: null or >= 1, UploadLimit: null or >= 1 };
        if (!isWhole || !(SeedRatio >= 0) || PieceCount < 0)
            throw new SessionException(SessionErrorId.BadSettings, "Limits and counts must be positive, upload slots and the seed ratio not negative.");
        return this with { Destination = Path.GetFullPath(Destination) };
    }
}

/// <summary>What a torrent was added for.</summary>
public enum TorrentRole
{
    /// <summary>Get what is missing, then go on as <see cref="StopWhen"/> says.</summary>
    Download,

    /// <summary>Serve what is there; nothing is requested or written.</summary>
    Seed,
}

/// <summary>In which order pieces are asked for.</summary>
public enum PieceStrategy
{
    /// <summary>
    /// The piece that fewest peers have first, ties at random; random pieces until the first is complete, which is then sooner there to
    /// trade with. Best for the swarm, and the default.
    /// </summary>
    RarestFirst,

    /// <summary>The rarest of a random handful: rare pieces early, without all peers running after the same one.</summary>
    RandomRarestFirst,

    /// <summary>In the order of the content from the reading position on, then what lies before it: for reading while it downloads.</summary>
    Sequential,

    /// <summary>Any piece that is wanted, rare or not: to compare the others with.</summary>
    Random,
}

/// <summary>How much a file or piece is wanted.</summary>
public enum DownloadPriority
{
    /// <summary>Not wanted: its pieces are not requested.</summary>
    Skip = 0,

    /// <summary>After everything else.</summary>
    Low = 1,

    /// <summary>The default.</summary>
    Normal = 4,

    /// <summary>Before everything else.</summary>
    High = 7,
}

/// <summary>When a torrent has done what it was added for.</summary>
public enum StopWhen
{
    /// <summary>As soon as all that was wanted is verified and on disk.</summary>
    Complete,

    /// <summary>When uploaded bytes reach the seed ratio times the wanted bytes.</summary>
    Ratio,

    /// <summary>Not before it is told to stop.</summary>
    Never,
}

/// <summary>By which rule upload slots are given while something is downloaded. Who only seeds serves all in turn, but for <see cref="Naive"/>.</summary>
public enum ChokerKind
{
    /// <summary>To those who give us most, and one slot in five by chance (BEP 3). The default: best for user and swarm together.</summary>
    TitForTat,

    /// <summary>
    /// Each partner gets just what makes it give back, and who brings most for least comes first (BitTyrant, Piatek et al. 2007). Saves
    /// upload; a swarm in which everybody does so is poorer for it.
    /// </summary>
    Strategic,

    /// <summary>To everybody who wants something. For comparison: it spends the uplink on who gives nothing.</summary>
    Naive,
}

/// <summary>How disk space is reserved for a new file.</summary>
public enum AllocationMode
{
    /// <summary>The file grows as it is written; unwritten parts take no space. The default.</summary>
    Sparse,

    /// <summary>
    /// The full length is reserved before the first write. This avoids fragmentation, and a full disk is reported at
    /// once.
    /// </summary>
    Preallocated,
}
