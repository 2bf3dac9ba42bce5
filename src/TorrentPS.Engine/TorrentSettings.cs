using System.Net;

namespace TorrentPS.Engine;

/// <summary>
/// The settings of one torrent. The record is immutable: <see cref="Torrent.ApplyAsync"/> replaces it. A fixed setting
/// can't be changed after the torrent was added.
/// </summary>
public sealed record TorrentSettings
{
    /// <summary>
    /// Folder that contains the torrent's top-level file or folder. A relative path is resolved when the torrent is
    /// added. This setting is fixed.
    /// </summary>
    public required string Destination { get; init; }

    /// <summary>
    /// Name on disk of the torrent's top-level file or folder. <see langword="null"/> means the torrent's name. This
    /// setting is fixed.
    /// </summary>
    public string? ContentName { get; init; }

    /// <summary>
    /// Whether the torrent downloads missing content, or only uploads existing content. This setting is fixed.
    /// </summary>
    public TorrentRole Role { get; init; } = TorrentRole.Download;

    /// <summary>The order in which pieces are requested.</summary>
    public PieceStrategy Strategy { get; init; } = PieceStrategy.RarestFirst;

    /// <summary>
    /// Wildcard patterns (<c>*</c>, <c>?</c>, <c>[a-z]</c>) that select the wanted files. An empty list selects all
    /// files. A pattern is compared with the file's path in the torrent, with and without the torrent's top-level
    /// folder, and with the file's name. Case is ignored. The patterns of a seed can't be changed.
    /// </summary>
    public IReadOnlyList<string> Include { get; init; } = [];

    /// <summary>
    /// Wildcard patterns that select unwanted files. A file that matches both <see cref="Include"/> and this list is
    /// not wanted. The patterns of a seed can't be changed.
    /// </summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>
    /// Priorities by file index. A file without an entry has <see cref="DownloadPriority.Normal"/>. The priorities
    /// can't be changed for a seed, nor before the metadata is known.
    /// </summary>
    public IReadOnlyDictionary<int, DownloadPriority> FilePriorities { get; init; } =
        new Dictionary<int, DownloadPriority>();

    /// <summary>
    /// Number of pieces wanted, counted from the first piece; <see langword="null"/> means all pieces. The number can't
    /// be changed for a seed.
    /// </summary>
    public int? PieceCount { get; init; }

    /// <summary>
    /// Maximum number of connected peers. If the maximum is lowered below the present number of peers, the peers with
    /// the lowest rates are disconnected.
    /// </summary>
    public int MaxPeers { get; init; } = 100;

    /// <summary>
    /// Addresses of peers to connect to at the start. <see cref="Torrent.AddPeers"/> adds addresses later. This setting
    /// is fixed.
    /// </summary>
    public IReadOnlyList<IPEndPoint> Peers { get; init; } = [];

    /// <summary>Download limit in bytes/s; <see langword="null"/> means unlimited.</summary>
    public long? DownloadLimit { get; init; }

    /// <summary>Upload limit in bytes/s; <see langword="null"/> means unlimited.</summary>
    public long? UploadLimit { get; init; }

    /// <summary>The goal at which the torrent stops by itself. This setting is fixed.</summary>
    public StopWhen StopWhen { get; init; } = StopWhen.Complete;

    /// <summary>
    /// The ratio at which <see cref="StopWhen.Ratio"/> ends the torrent: uploaded bytes divided by wanted bytes. This
    /// setting is fixed.
    /// </summary>
    public double SeedRatio { get; init; } = 1;

    /// <summary>
    /// Time after which the torrent fails (<see cref="TorrentFaultId.Timeout"/>) if it has not reached its goal. With
    /// <see cref="StopWhen.Never"/>, the torrent fails only if it still lacks wanted pieces. Pauses count, but the time
    /// in a <see cref="TorrentQueue"/> does not. <see langword="null"/> means no limit. This setting is fixed.
    /// </summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>
    /// Time without new data after which a download fails (<see cref="TorrentFaultId.StallTimeout"/>).
    /// <see langword="null"/> means no limit. This setting is fixed.
    /// </summary>
    public TimeSpan? StallTimeout { get; init; }

    /// <summary>The choking algorithm, which assigns the upload slots to peers.</summary>
    public ChokerKind Choker { get; init; } = ChokerKind.TitForTat;

    /// <summary>
    /// Number of upload slots. With 0, nothing is uploaded. With <see langword="null"/>, the number is adjusted to the
    /// fewest slots that fill the uplink.
    /// </summary>
    public int? UploadSlots { get; init; }

    /// <summary>
    /// Whether the torrent uses super-seeding (BEP 16) while it is a seed. It then announces only one piece to each
    /// peer, and the next piece after another peer has reported that it has the first one.
    /// </summary>
    public bool SuperSeeding { get; init; }

    /// <summary>How disk space is allocated when a file is created. This setting is fixed.</summary>
    public AllocationMode Allocation { get; init; } = AllocationMode.Sparse;

    /// <summary>
    /// Whether a download overwrites existing files that have no piece of the torrent and were not created by an
    /// earlier run. Otherwise it is paused with <see cref="TorrentFaultId.FileExists"/>. This setting is fixed.
    /// </summary>
    public bool OverwriteFiles { get; init; }

    /// <summary>
    /// Whether all pieces count as verified without a check of the files. Wrong content is then not found, and is
    /// uploaded to peers. Use this setting only for content that was just created or checked. This setting is fixed.
    /// </summary>
    public bool SkipCheck { get; init; }

    /// <summary>
    /// With <see cref="TorrentRole.Seed"/>, whether the verified pieces are uploaded although other pieces are missing
    /// or wrong. This setting is fixed.
    /// </summary>
    public bool AllowPartial { get; init; }

    /// <summary>Whether <paramref name="other"/> wants the same files and pieces with the same priorities.</summary>
    internal bool WantsSameAs(TorrentSettings other) =>
        PieceCount == other.PieceCount
        && Include.SequenceEqual(other.Include)
        && Exclude.SequenceEqual(other.Exclude)
        && HasSameFilePriorities(other);

    internal bool HasSameFilePriorities(TorrentSettings other) =>
        FilePriorities.Count == other.FilePriorities.Count
        && FilePriorities.All(
            file => other.FilePriorities.TryGetValue(file.Key, out DownloadPriority same) && same == file.Value);

    /// <summary>Checks the values, and returns the settings with the full path of the destination.</summary>
    /// <exception cref="SessionException">
    /// A value is out of range (<see cref="SessionErrorId.BadSettings"/>).
    /// </exception>
    internal TorrentSettings Resolve()
    {
        CheckValues();
        return this with { Destination = Path.GetFullPath(Destination) };
    }

    /// <summary>
    /// Checks the values, and that no fixed setting differs from <paramref name="before"/>, the settings of a running
    /// torrent.
    /// </summary>
    /// <exception cref="SessionException">
    /// A value is out of range, a fixed setting differs, or a seed's choice of files differs
    /// (<see cref="SessionErrorId.BadSettings"/>).
    /// </exception>
    internal void CheckChange(TorrentSettings before)
    {
        CheckValues();
        RequireSame(nameof(Destination), Destination == before.Destination);
        RequireSame(nameof(ContentName), ContentName == before.ContentName);
        RequireSame(nameof(Role), Role == before.Role);
        RequireSame(nameof(Peers), Peers.SequenceEqual(before.Peers));
        RequireSame(nameof(StopWhen), StopWhen == before.StopWhen);
        RequireSame(nameof(SeedRatio), SeedRatio.Equals(before.SeedRatio));
        RequireSame(nameof(Timeout), Timeout == before.Timeout);
        RequireSame(nameof(StallTimeout), StallTimeout == before.StallTimeout);
        RequireSame(nameof(Allocation), Allocation == before.Allocation);
        RequireSame(nameof(OverwriteFiles), OverwriteFiles == before.OverwriteFiles);
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

    /// <summary>
    /// Checks the keys of <see cref="FilePriorities"/> that are not in <paramref name="before"/>. Each of them must be
    /// the index of one of the torrent's files.
    /// </summary>
    /// <exception cref="SessionException">
    /// A key is not the index of one of the torrent's files (<see cref="SessionErrorId.BadSettings"/>).
    /// </exception>
    internal void CheckFileIndexes(TorrentSettings before, int fileCount)
    {
        foreach (int file in FilePriorities.Keys.Except(before.FilePriorities.Keys))
        {
            if (file < 0 || file >= fileCount)
            {
                throw new SessionException(
                    SessionErrorId.BadSettings,
                    $"There is no file {file}. The torrent's files are numbered from 0 to {fileCount - 1}.");
            }
        }
    }

    private void CheckValues()
    {
        Require(
            Include is not null && Exclude is not null && FilePriorities is not null && Peers is not null,
            "a list must not be null");
        Require(
            ContentName is null || ContentLocation.IsValidName(ContentName),
            $"{nameof(ContentName)} must be a file name without a folder");
        Require(
            Enum.IsDefined(Role) && Enum.IsDefined(Strategy) && Enum.IsDefined(StopWhen),
            "the role, strategy or goal is not known");
        Require(Enum.IsDefined(Choker) && Enum.IsDefined(Allocation), "the choker or allocation mode is not known");
        Require(MaxPeers >= 1, $"{nameof(MaxPeers)} must be at least 1");
        Require(UploadSlots is null or >= 0, $"{nameof(UploadSlots)} must not be negative; null means automatic");
        Require(
            DownloadLimit is null or >= 1,
            $"{nameof(DownloadLimit)} must be at least 1 byte/s; null means unlimited");
        Require(UploadLimit is null or >= 1, $"{nameof(UploadLimit)} must be at least 1 byte/s; null means unlimited");
        Require(PieceCount is null or >= 1, $"{nameof(PieceCount)} must be at least 1; null means all pieces");
        Require(
            Timeout is null || Timeout > TimeSpan.Zero, $"{nameof(Timeout)} must be positive; null means no limit");
        Require(
            StallTimeout is null || StallTimeout > TimeSpan.Zero,
            $"{nameof(StallTimeout)} must be positive; null means no limit");
        Require(SeedRatio >= 0, $"{nameof(SeedRatio)} must not be negative");
    }

    private static void Require(bool isValid, string problem)
    {
        if (!isValid)
            throw new SessionException(SessionErrorId.BadSettings, $"The torrent's settings are not valid: {problem}.");
    }

    private static void RequireSame(string setting, bool same)
    {
        if (!same)
        {
            throw new SessionException(
                SessionErrorId.BadSettings,
                $"{setting} can't be changed while the torrent is in the session. "
                + "Remove the torrent and add it with the new value.");
        }
    }
}

/// <summary>Whether a torrent downloads missing content, or only uploads existing content.</summary>
public enum TorrentRole
{
    /// <summary>
    /// Downloads the wanted pieces, and uploads to peers until <see cref="StopWhen"/> ends the torrent.
    /// </summary>
    Download,

    /// <summary>Uploads the existing content. Nothing is requested from peers or written to disk.</summary>
    Seed,
}

/// <summary>The order in which pieces of the same priority are requested.</summary>
public enum PieceStrategy
{
    /// <summary>
    /// Requests the piece that the fewest connected peers have, and a random one among equals. While no piece is
    /// complete, a few random pieces are begun first, so that this client soon has a piece to upload (BEP 3). This is
    /// the default.
    /// </summary>
    RarestFirst,

    /// <summary>
    /// Requests the rarest of eight random pieces. Rare pieces are still requested early, but the clients of a swarm
    /// seldom request the same piece at once.
    /// </summary>
    RandomRarestFirst,

    /// <summary>
    /// Requests pieces in ascending order of the piece index, so that the content can be read while it downloads.
    /// </summary>
    Sequential,

    /// <summary>Requests a random piece, whether rare or not. This strategy is a baseline for comparisons.</summary>
    Random,
}

/// <summary>The download priority of a file or piece. The values are libtorrent's.</summary>
public enum DownloadPriority
{
    /// <summary>
    /// The file or piece is not wanted. A piece is not requested from peers if all its files have this priority.
    /// </summary>
    Skip = 0,

    /// <summary>Pieces of this priority are requested after all pieces of higher priority.</summary>
    Low = 1,

    /// <summary>The default priority.</summary>
    Normal = 4,

    /// <summary>Pieces of this priority are requested before all pieces of lower priority.</summary>
    High = 7,
}

/// <summary>The goal at which a torrent stops by itself.</summary>
public enum StopWhen
{
    /// <summary>
    /// All wanted pieces are verified and on disk. Has no effect with <see cref="TorrentRole.Seed"/>.
    /// </summary>
    Complete,

    /// <summary>
    /// All wanted pieces are verified, and the ratio of uploaded to wanted bytes is at least
    /// <see cref="TorrentSettings.SeedRatio"/>.
    /// </summary>
    Ratio,

    /// <summary>There is no goal: the torrent runs until it is stopped.</summary>
    Never,
}

/// <summary>
/// The choking algorithm, which assigns the upload slots while a torrent downloads. A torrent that only uploads assigns
/// them to the interested peers in rotation, except with <see cref="Naive"/>.
/// </summary>
public enum ChokerKind
{
    /// <summary>
    /// Tit for tat (BEP 3): the slots go to the peers that upload most to this client, except one slot in five, which
    /// goes to a random peer. This is the default.
    /// </summary>
    TitForTat,

    /// <summary>
    /// BitTyrant (Piatek et al., NSDI 2007): estimates the upload rate at which each peer reciprocates, and prefers
    /// peers that send the most in return per uploaded byte. This saves upload, but the whole swarm becomes slower if
    /// many clients use this algorithm.
    /// </summary>
    Strategic,

    /// <summary>
    /// Unchokes every interested peer, even one that never reciprocates. This choker is a baseline for comparisons.
    /// </summary>
    Naive,
}

/// <summary>How disk space is allocated for a new file.</summary>
public enum AllocationMode
{
    /// <summary>
    /// No space is reserved. Parts that are not written yet take no space, if the file system supports that. This is
    /// the default.
    /// </summary>
    Sparse,

    /// <summary>
    /// The full length is reserved before the first write, on Linux and Windows. This avoids fragmentation, and a full
    /// disk is reported at once. Other systems allocate as for <see cref="Sparse"/>.
    /// </summary>
    Preallocated,
}
