using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Snapshots;

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
