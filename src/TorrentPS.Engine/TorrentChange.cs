namespace TorrentPS.Engine;

/// <summary>What is to change of a running torrent's settings (<see cref="Torrent.ChangeAsync"/>); what is null stays as it is.</summary>
public sealed record TorrentChange
{
    /// <summary>Download limit in bytes/s; 0 is unlimited.</summary>
    public long? DownloadLimit { get; init; }

    /// <summary>Upload limit in bytes/s; 0 is unlimited.</summary>
    public long? UploadLimit { get; init; }

    /// <summary>In which order pieces are asked for.</summary>
    public PieceStrategy? Strategy { get; init; }

    /// <summary>By which rule upload slots are given.</summary>
    public ChokerKind? Choker { get; init; }

    /// <summary>For <see cref="UploadSlots"/>: as many as fill the uplink.</summary>
    public const int AutomaticSlots = -1;

    /// <summary>How many peers are served at once; 0 serves nobody, <see cref="AutomaticSlots"/> as many as fill the uplink.</summary>
    public int? UploadSlots { get; init; }

    /// <summary>Whether a seed shows each peer one piece at a time (BEP 16).</summary>
    public bool? SuperSeeding { get; init; }

    /// <summary>The most peers connected at once. Those connected beyond it are let go, the least useful first.</summary>
    public int? MaxPeers { get; init; }

    /// <summary>Wildcards of the files wanted, instead of those before; empty means all. Only for downloads.</summary>
    public IReadOnlyList<string>? Include { get; init; }

    /// <summary>Wildcards of the files not wanted, instead of those before; empty means none. Only for downloads.</summary>
    public IReadOnlyList<string>? Exclude { get; init; }

    /// <summary>Priorities by file index; files not named keep theirs. Only for downloads.</summary>
    public IReadOnlyDictionary<int, DownloadPriority>? FilePriorities { get; init; }

    /// <summary>Only the first so many pieces are wanted; 0 means all. Only for downloads.</summary>
    public int? PieceCount { get; init; }

    /// <summary>Whether it is about what is wanted.</summary>
    internal bool IsAboutWishes => Include is not null || Exclude is not null || FilePriorities is not null || PieceCount is not null;

    /// <summary>The settings after the change.</summary>
    /// <exception cref="SessionException">They can't be met.</exception>
    internal TorrentSettings ApplyTo(TorrentSettings before, int fileCount)
    {
        Check(before, fileCount);
        var priorities = new Dictionary<int, DownloadPriority>(before.FilePriorities);
        foreach ((int file, DownloadPriority priority) in FilePriorities ?? new Dictionary<int, DownloadPriority>())
            priorities[file] = priority;
        return before with
        {
            DownloadLimit = LimitOr(DownloadLimit, before.DownloadLimit),
            UploadLimit = LimitOr(UploadLimit, before.UploadLimit),
            Strategy = Strategy ?? before.Strategy,
            MaxPeers = MaxPeers ?? before.MaxPeers,
            Choker = Choker ?? before.Choker,
            UploadSlots = UploadSlots switch { null => before.UploadSlots, AutomaticSlots => null, _ => UploadSlots },
            SuperSeeding = SuperSeeding ?? before.SuperSeeding,
            Include = Include ?? before.Include,
            Exclude = Exclude ?? before.Exclude,
            FilePriorities = priorities,
            PieceCount = CountOr(PieceCount, before.PieceCount),
        };
    }

    private void Check(TorrentSettings before, int fileCount)
    {
        if (DownloadLimit < 0 || UploadLimit < 0 || UploadSlots < AutomaticSlots || PieceCount < 0 || MaxPeers < 1)
            throw new SessionException(SessionErrorId.BadSettings, "Limits and counts must not be negative, and there must be room for a peer at least.");
        if (IsAboutWishes && before.Role == TorrentRole.Seed)
        {
            throw new SessionException(
                SessionErrorId.BadSettings,
                $"The torrent in '{before.Destination}' only seeds: which files are wanted can be changed of downloads. Stop it and start it as a download.");
        }

        foreach (int file in FilePriorities?.Keys ?? [])
        {
            if (file < 0 || file >= fileCount)
                throw new SessionException(SessionErrorId.BadSettings, $"There is no file {file}: the torrent's files are numbered from 0 to {fileCount - 1}.");
        }
    }

    private static long? LimitOr(long? change, long? before) => change switch { null => before, 0 => null, _ => change };

    private static int? CountOr(int? change, int? before) => change switch { null => before, 0 => null, _ => change };
}
