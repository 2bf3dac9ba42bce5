using System.Net;

namespace TorrentPS.Engine;

/// <summary>
/// The settings of one torrent. The record is immutable: <see cref="Torrent.ApplyAsync"/> replaces it while the torrent runs. Settings that
/// are fixed once the torrent was added say so. <see langword="null"/> means unlimited or automatic.
/// </summary>
public sealed record TorrentSettings
{
    /// <summary>
    /// Folder that holds the torrent's top-level file or folder. A relative path is resolved when the torrent is added. Fixed.
    /// </summary>
    public required string Destination { get; init; }

    /// <summary>Whether missing content is downloaded or existing content only uploaded. Fixed.</summary>
    public TorrentRole Role { get; init; } = TorrentRole.Download;

    /// <summary>The order in which pieces are requested.</summary>
    public PieceStrategy Strategy { get; init; } = PieceStrategy.RarestFirst;

    /// <summary>
    /// Wildcards (<c>*</c>, <c>?</c>, <c>[a-z]</c>) of the wanted files; empty means all files. A wildcard is compared with the file's path
    /// in the torrent, with and without the torrent's top-level folder, and with the file's name. Only a download can change it.
    /// </summary>
    public IReadOnlyList<string> Include { get; init; } = [];

    /// <summary>Wildcards of unwanted files; overrides <see cref="Include"/>. Only a download can change it.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>
    /// Priorities by file index. A file without an entry has <see cref="DownloadPriority.Normal"/>. Only a download can change it, and only
    /// once its metadata is known.
    /// </summary>
    public IReadOnlyDictionary<int, DownloadPriority> FilePriorities { get; init; } = new Dictionary<int, DownloadPriority>();

    /// <summary>
    /// Number of pieces wanted, counted from the first piece; <see langword="null"/> means all pieces. Only a download can change it.
    /// </summary>
    public int? PieceCount { get; init; }

    /// <summary>
    /// Maximum connected peers. When a change lowers it below the number of connected peers, the peers with the lowest rates are disconnected.
    /// </summary>
    public int MaxPeers { get; init; } = 100;

    /// <summary>Peers to connect to at the start. Fixed: <see cref="Torrent.AddPeers"/> adds peers later.</summary>
    public IReadOnlyList<IPEndPoint> Peers { get; init; } = [];

    /// <summary>Download limit in bytes/s; <see langword="null"/> means unlimited.</summary>
    public long? DownloadLimit { get; init; }

    /// <summary>Upload limit in bytes/s; <see langword="null"/> means unlimited.</summary>
    public long? UploadLimit { get; init; }

    /// <summary>The goal at which the torrent stops by itself. Fixed.</summary>
    public StopWhen StopWhen { get; init; } = StopWhen.Complete;

    /// <summary>The ratio for <see cref="StopWhen.Ratio"/>: uploaded bytes per wanted byte. Fixed.</summary>
    public double SeedRatio { get; init; } = 1;

    /// <summary>The choking algorithm, which decides the peers that get upload slots.</summary>
    public ChokerKind Choker { get; init; } = ChokerKind.TitForTat;

    /// <summary>
    /// Number of upload slots. 0 uploads to no peer; <see langword="null"/> means automatic: the fewest slots that fill the uplink.
    /// </summary>
    public int? UploadSlots { get; init; }

    /// <summary>
    /// Whether a seed uses super-seeding (BEP 16): it shows each peer one piece, and the next one when other peers have that piece.
    /// </summary>
    public bool SuperSeeding { get; init; }

    /// <summary>How disk space is allocated when a file is created. Fixed.</summary>
    public AllocationMode Allocation { get; init; } = AllocationMode.Sparse;

    /// <summary>
    /// Whether all content on disk is taken as verified without reading it. Wrong content would be uploaded to peers: use it only for content
    /// that was just created or checked. Fixed.
    /// </summary>
    public bool SkipCheck { get; init; }

    /// <summary>
    /// With <see cref="TorrentRole.Seed"/>, whether the verified pieces are uploaded although other pieces are missing or wrong. Fixed.
    /// </summary>
    public bool AllowPartial { get; init; }

    /// <summary>Whether <paramref name="other"/> wants the same files and pieces with the same priorities.</summary>
    internal bool WantsSameAs(TorrentSettings other) =>
        PieceCount == other.PieceCount
        && Include.SequenceEqual(other.Include)
        && Exclude.SequenceEqual(other.Exclude)
        && HasSameFilePriorities(other);

    /// <summary>Whether <see cref="FilePriorities"/> has the same entries in <paramref name="other"/>.</summary>
    internal bool HasSameFilePriorities(TorrentSettings other) =>
        FilePriorities.Count == other.FilePriorities.Count
        && FilePriorities.All(file => other.FilePriorities.TryGetValue(file.Key, out DownloadPriority priority) && priority == file.Value);

    /// <summary>Checks the values and returns the settings with the destination as a full path.</summary>
    /// <exception cref="SessionException">A value is out of range (<see cref="SessionErrorId.BadSettings"/>).</exception>
    internal TorrentSettings Resolve()
    {
        CheckValues();
        return this with { Destination = Path.GetFullPath(Destination) };
    }

    /// <summary>Checks that a running torrent can take these settings after <paramref name="before"/>.</summary>
    /// <exception cref="SessionException">
    /// A value is out of range, a fixed setting differs, or a seed's choice of files differs (<see cref="SessionErrorId.BadSettings"/>).
    /// </exception>
    internal void CheckChange(TorrentSettings before)
    {
        CheckValues();
        RequireSame(nameof(Destination), Destination == before.Destination);
        RequireSame(nameof(Role), Role == before.Role);
        RequireSame(nameof(Peers), Peers.SequenceEqual(before.Peers));
        RequireSame(nameof(StopWhen), StopWhen == before.StopWhen);
        RequireSame(nameof(SeedRatio), SeedRatio.Equals(before.SeedRatio));
        RequireSame(nameof(Allocation), Allocation == before.Allocation);
        RequireSame(nameof(SkipCheck), SkipCheck == before.SkipCheck);
        RequireSame(nameof(AllowPartial), AllowPartial == before.AllowPartial);
        if (Role == TorrentRole.Seed && !WantsSameAs(before))
        {
            throw new SessionException(
                SessionErrorId.BadSettings,
                $"The torrent in '{Destination}' only seeds: the choice of files can be changed for downloads only. "
                + "Stop it and start it as a download.");
        }
    }

    /// <summary>Checks that the changed file priorities name files that exist.</summary>
    /// <exception cref="SessionException">An index is not one of the torrent's files (<see cref="SessionErrorId.BadSettings"/>).</exception>
    internal void CheckFileIndexes(TorrentSettings before, int fileCount)
    {
        foreach (int file in FilePriorities.Keys.Except(before.FilePriorities.Keys))
        {
            if (file < 0 || file >= fileCount)
            {
                throw new SessionException(
                    SessionErrorId.BadSettings, $"There is no file {file}. The torrent's files are numbered from 0 to {fileCount - 1}.");
            }
        }
    }

    private void CheckValues()
    {
        Require(Include is not null && Exclude is not null && FilePriorities is not null && Peers is not null, "a list must not be null");
        Require(Enum.IsDefined(Role) && Enum.IsDefined(Strategy) && Enum.IsDefined(StopWhen), "the role, strategy or goal is not known");
        Require(Enum.IsDefined(Choker) && Enum.IsDefined(Allocation), "the choker or allocation mode is not known");
        Require(MaxPeers >= 1, $"{nameof(MaxPeers)} must be at least 1");
        Require(UploadSlots is null or >= 0, $"{nameof(UploadSlots)} must not be negative; null means automatic");
        Require(DownloadLimit is null or >= 1, $"{nameof(DownloadLimit)} must be at least 1 byte/s; null means unlimited");
        Require(UploadLimit is null or >= 1, $"{nameof(UploadLimit)} must be at least 1 byte/s; null means unlimited");
        Require(PieceCount is null or >= 1, $"{nameof(PieceCount)} must be at least 1; null means all pieces");
        Require(SeedRatio >= 0, $"{nameof(SeedRatio)} must not be negative");
    }

    private static void Require(bool holds, string problem)
    {
        if (!holds)
            throw new SessionException(SessionErrorId.BadSettings, $"The torrent's settings are not valid: {problem}.");
    }

    private static void RequireSame(string setting, bool same)
    {
        if (!same)
        {
            throw new SessionException(
                SessionErrorId.BadSettings,
                $"{setting} can't be changed while the torrent is in the session. Remove the torrent and add it with the new value.");
        }
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
