using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine;

/// <summary>What a torrent was doing at one moment. Sizes are bytes, rates bytes/s averaged over some seconds.</summary>
public sealed record TorrentStatus
{
    /// <summary>The torrent's name.</summary>
    public required string Name { get; init; }

    /// <summary>The v1 info hash, or null.</summary>
    public InfoHash? InfoHash { get; init; }

    /// <summary>The v2 info hash, or null.</summary>
    public InfoHashV2? InfoHashV2 { get; init; }

    /// <summary>What it is doing.</summary>
    public TorrentState State { get; init; }

    /// <summary>How much of what is wanted is verified and on disk, 0–100; while <see cref="TorrentState.Checking"/>, how much has been checked.</summary>
    public double Progress { get; init; }

    /// <summary>All content in bytes.</summary>
    public long Size { get; init; }

    /// <summary>Wanted bytes.</summary>
    public long WantedSize { get; init; }

    /// <summary>Wanted bytes that are verified and on disk.</summary>
    public long Completed { get; init; }

    /// <summary>Payload bytes received since it was added, duplicates and bad data included.</summary>
    public long Downloaded { get; init; }

    /// <summary>Payload bytes sent since it was added.</summary>
    public long Uploaded { get; init; }

    /// <summary>Payload bytes/s received.</summary>
    public long DownloadRate { get; init; }

    /// <summary>Payload bytes/s sent.</summary>
    public long UploadRate { get; init; }

    /// <summary>Protocol bytes received beside payload.</summary>
    public long ProtocolDownloaded { get; init; }

    /// <summary>Protocol bytes sent beside payload.</summary>
    public long ProtocolUploaded { get; init; }

    /// <summary>Payload bytes received that were not needed: duplicates and late answers.</summary>
    public long Wasted { get; init; }

    /// <summary>Payload bytes dropped because their piece did not match its hash.</summary>
    public long HashFailed { get; init; }

    /// <summary>Uploaded bytes per wanted byte.</summary>
    public double Ratio { get; init; }

    /// <summary>Time to go at the current rate; null when nothing is coming.</summary>
    public TimeSpan? Eta { get; init; }

    /// <summary>Connected peers.</summary>
    public int Peers { get; init; }

    /// <summary>Connected peers that have everything.</summary>
    public int Seeds { get; init; }

    /// <summary>Web seeds in use (BEP 19); no peers.</summary>
    public int WebSeeds { get; init; }

    /// <summary>Web seeds that are used no more, and why.</summary>
    public IReadOnlyList<WebSeedFault> WebSeedFaults { get; init; } = [];

    /// <summary>Addresses known but not connected.</summary>
    public int KnownPeers { get; init; }

    /// <summary>Pieces verified.</summary>
    public int PiecesHave { get; init; }

    /// <summary>Pieces in all.</summary>
    public int PieceCount { get; init; }

    /// <summary>The folder that holds the top-level file or folder, as a full path.</summary>
    public required string Destination { get; init; }

    /// <summary>Full path of the top-level file or folder; null until the metadata is known.</summary>
    public string? Path { get; init; }

    /// <summary>When it was added.</summary>
    public DateTimeOffset Added { get; init; }

    /// <summary>When all that was wanted was there; null before.</summary>
    public DateTimeOffset? CompletedAt { get; init; }

    /// <summary>Time it has been running.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>Why it is paused or failed; null when it is not, or was told to.</summary>
    public TorrentFault? Fault { get; init; }

    /// <summary>Whether nothing more will happen to it.</summary>
    public bool HasEnded => State is TorrentState.Stopped or TorrentState.Failed;
}

/// <summary>What a torrent is doing.</summary>
public enum TorrentState
{
    /// <summary>Existing data is being verified before the start.</summary>
    Checking,

    /// <summary>The metadata of a magnet link is being fetched.</summary>
    DownloadingMetadata,

    /// <summary>Some of what is wanted is missing.</summary>
    Downloading,

    /// <summary>All that was wanted is there, but not all the torrent has.</summary>
    Finished,

    /// <summary>All is there and served.</summary>
    Seeding,

    /// <summary>Told to wait, or waiting after a fault; see <see cref="TorrentStatus.Fault"/>.</summary>
    Paused,

    /// <summary>Ended by request or because its goal was reached.</summary>
    Stopped,

    /// <summary>Ended by something that can't be mended by resuming; see <see cref="TorrentStatus.Fault"/>.</summary>
    Failed,
}

/// <summary>How a torrent came out.</summary>
/// <param name="Status">The last status.</param>
/// <param name="GoalReached">Whether it did what it was added for; false when it was stopped before or failed.</param>
public sealed record TorrentResult(TorrentStatus Status, bool GoalReached)
{
    /// <summary>Payload bytes/s received, averaged over the time that the torrent was running.</summary>
    public long AverageRate => Status.Elapsed > TimeSpan.Zero ? (long)(Status.Downloaded / Status.Elapsed.TotalSeconds) : 0;
}

/// <summary>How far the metadata of a magnet link is.</summary>
/// <param name="Received">Bytes of it that are here.</param>
/// <param name="Size">How many there are to be, as peers claim; null while none has said.</param>
/// <param name="Peers">Connected peers.</param>
/// <param name="KnownPeers">Addresses known but not connected.</param>
public readonly record struct MetadataProgress(long Received, int? Size, int Peers, int KnownPeers);

/// <summary>A web seed (BEP 19) that is used no more: it failed again and again, does not have the content, or sent something else.</summary>
/// <param name="Url">Its address as the torrent or its link has it.</param>
/// <param name="Message">What happened last, in a sentence.</param>
public sealed record WebSeedFault(Uri Url, string Message)
{
    /// <summary>The address and what happened.</summary>
    public override string ToString() => $"The web seed {Url} is used no more: {Message}";
}
