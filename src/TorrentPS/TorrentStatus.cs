using TorrentPS.Engine;

namespace TorrentPS;

/// <summary>What a torrent was doing at one moment. Sizes are bytes, rates bytes/s averaged over some seconds.</summary>
public sealed class TorrentStatus
{
    internal TorrentStatus(Torrent torrent, EngineStatus status)
    {
        Torrent = torrent;
        Name = status.Name;
        InfoHash = status.InfoHash?.ToString();
        InfoHashV2 = status.InfoHashV2?.ToString();
        State = status.State;
        Progress = status.Progress;
        Size = status.Size;
        WantedSize = status.WantedSize;
        Completed = status.Completed;
        Downloaded = status.Downloaded;
        Uploaded = status.Uploaded;
        DownloadRate = status.DownloadRate;
        UploadRate = status.UploadRate;
        ProtocolDownloaded = status.ProtocolDownloaded;
        ProtocolUploaded = status.ProtocolUploaded;
        Wasted = status.Wasted;
        HashFailed = status.HashFailed;
        Ratio = status.Ratio;
        Eta = status.Eta;
        Peers = status.Peers;
        Seeds = status.Seeds;
        WebSeeds = status.WebSeeds;
        WebSeedFaults = [.. status.WebSeedFaults];
        KnownPeers = status.KnownPeers;
        PiecesHave = status.PiecesHave;
        PieceCount = status.PieceCount;
        Destination = status.Destination;
        Added = status.Added;
        CompletedAt = status.CompletedAt;
        Elapsed = status.Elapsed;
        FaultId = status.Fault?.Id;
        Fault = status.Fault?.Message;
        TorrentSettings settings = torrent.Settings;
        DownloadLimit = settings.DownloadLimit;
        UploadLimit = settings.UploadLimit;
        Choker = settings.Choker;
        UploadSlots = settings.UploadSlots;
        SuperSeeding = settings.SuperSeeding;
        PieceStrategy = settings.Strategy;
        MaxPeers = settings.MaxPeers;
    }

    /// <summary>The torrent's name.</summary>
    public string Name { get; }

    /// <summary>What it is doing.</summary>
    public TorrentState State { get; }

    /// <summary>How much of what is wanted is verified and on disk, 0–100; while checking, how much has been checked.</summary>
    public double Progress { get; }

    /// <summary>All content in bytes.</summary>
    public long Size { get; }

    /// <summary>Wanted bytes.</summary>
    public long WantedSize { get; }

    /// <summary>Wanted bytes that are verified and on disk.</summary>
    public long Completed { get; }

    /// <summary>Payload bytes/s received.</summary>
    public long DownloadRate { get; }

    /// <summary>Payload bytes/s sent.</summary>
    public long UploadRate { get; }

    /// <summary>Time to go at the current rate; null when nothing is coming.</summary>
    public TimeSpan? Eta { get; }

    /// <summary>Connected peers.</summary>
    public int Peers { get; }

    /// <summary>Connected peers that have everything.</summary>
    public int Seeds { get; }

    /// <summary>Web seeds in use (BEP 19); no peers.</summary>
    public int WebSeeds { get; }

    /// <summary>Web seeds that are used no more, and why.</summary>
    public WebSeedFault[] WebSeedFaults { get; }

    /// <summary>Addresses known but not connected.</summary>
    public int KnownPeers { get; }

    /// <summary>Payload bytes received, duplicates and bad data included.</summary>
    public long Downloaded { get; }

    /// <summary>Payload bytes sent.</summary>
    public long Uploaded { get; }

    /// <summary>Uploaded bytes per wanted byte.</summary>
    public double Ratio { get; }

    /// <summary>Payload bytes received that were not needed.</summary>
    public long Wasted { get; }

    /// <summary>Payload bytes dropped because their piece did not match its hash.</summary>
    public long HashFailed { get; }

    /// <summary>Protocol bytes received beside payload.</summary>
    public long ProtocolDownloaded { get; }

    /// <summary>Protocol bytes sent beside payload.</summary>
    public long ProtocolUploaded { get; }

    /// <summary>Pieces verified.</summary>
    public int PiecesHave { get; }

    /// <summary>Pieces in all.</summary>
    public int PieceCount { get; }

    /// <summary>The v1 info hash in lower-case hex, or null.</summary>
    public string? InfoHash { get; }

    /// <summary>The v2 info hash in lower-case hex, or null.</summary>
    public string? InfoHashV2 { get; }

    /// <summary>The folder that holds the top-level file or folder.</summary>
    public string Destination { get; }

    /// <summary>When it was started.</summary>
    public DateTimeOffset Added { get; }

    /// <summary>When all that was wanted was there; null before.</summary>
    public DateTimeOffset? CompletedAt { get; }

    /// <summary>Time it has been running.</summary>
    public TimeSpan Elapsed { get; }

    /// <summary>The stable name of why it is paused or failed; null when it is not, or was told to.</summary>
    public TorrentFaultId? FaultId { get; }

    /// <summary>Why it is paused or failed and what to do; null when it is not, or was told to.</summary>
    public string? Fault { get; }

    /// <summary>The download limit in bytes/s; null without one.</summary>
    public long? DownloadLimit { get; }

    /// <summary>The upload limit in bytes/s; null without one.</summary>
    public long? UploadLimit { get; }

    /// <summary>By which rule upload slots are given.</summary>
    public ChokerKind Choker { get; }

    /// <summary>How many peers are served at once; null for as many as fill the uplink.</summary>
    public int? UploadSlots { get; }

    /// <summary>Whether each peer is shown one piece at a time while seeding (BEP 16).</summary>
    public bool SuperSeeding { get; }

    /// <summary>In which order pieces are asked for.</summary>
    public PieceStrategy PieceStrategy { get; }

    /// <summary>The most peers connected at once.</summary>
    public int MaxPeers { get; }

    internal Torrent Torrent { get; }

    /// <summary>The name and state.</summary>
    public override string ToString() => $"{Name} ({State})";

    internal static TorrentStatus Of(Torrent torrent) => new(torrent, torrent.Status);

    /// <summary>Whether both tell a reader the same; times and averages that merely drift do not count.</summary>
    internal bool TellsTheSameAs(TorrentStatus other) =>
        State == other.State
        && Progress.Equals(other.Progress)
        && Downloaded == other.Downloaded
        && Uploaded == other.Uploaded
        && Peers == other.Peers
        && FaultId == other.FaultId;
}
