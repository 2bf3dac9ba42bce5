using TorrentPS.Engine;

namespace TorrentPS;

/// <summary>How a torrent came out. Sizes are bytes, rates bytes/s.</summary>
public sealed class TorrentResult
{
    internal TorrentResult(Torrent torrent, EngineResult result)
    {
        EngineStatus status = result.Status;
        Name = status.Name;
        InfoHash = status.InfoHash?.ToString();
        InfoHashV2 = status.InfoHashV2?.ToString();
        State = status.State;
        GoalReached = result.GoalReached;
        Progress = status.Progress;
        Size = status.Size;
        WantedSize = status.WantedSize;
        Completed = status.Completed;
        Downloaded = status.Downloaded;
        Uploaded = status.Uploaded;
        Ratio = status.Ratio;
        Wasted = status.Wasted;
        HashFailed = status.HashFailed;
        Elapsed = status.Elapsed;
        AverageRate = status.Elapsed > TimeSpan.Zero ? (long)(status.Downloaded / status.Elapsed.TotalSeconds) : 0;
        Destination = status.Destination;
        Path = torrent.Metainfo is { } metainfo ? System.IO.Path.Combine(status.Destination, metainfo.Name) : status.Destination;
        FaultId = status.Fault?.Id;
        Fault = status.Fault?.Message;
    }

    /// <summary>The torrent's name.</summary>
    public string Name { get; }

    /// <summary>What it was doing at the end.</summary>
    public TorrentState State { get; }

    /// <summary>Whether it did what it was started for; false when it was stopped before or failed.</summary>
    public bool GoalReached { get; }

    /// <summary>How much of what was wanted is verified and on disk, 0–100.</summary>
    public double Progress { get; }

    /// <summary>All content in bytes.</summary>
    public long Size { get; }

    /// <summary>Wanted bytes.</summary>
    public long WantedSize { get; }

    /// <summary>Wanted bytes that are verified and on disk.</summary>
    public long Completed { get; }

    /// <summary>Payload bytes received.</summary>
    public long Downloaded { get; }

    /// <summary>Payload bytes sent.</summary>
    public long Uploaded { get; }

    /// <summary>Uploaded bytes per wanted byte.</summary>
    public double Ratio { get; }

    /// <summary>Payload bytes received that were not needed.</summary>
    public long Wasted { get; }

    /// <summary>Payload bytes dropped because their piece did not match its hash.</summary>
    public long HashFailed { get; }

    /// <summary>Time it ran.</summary>
    public TimeSpan Elapsed { get; }

    /// <summary>Payload bytes/s received over the whole time.</summary>
    public long AverageRate { get; }

    /// <summary>The v1 info hash in lower-case hex, or null.</summary>
    public string? InfoHash { get; }

    /// <summary>The v2 info hash in lower-case hex, or null.</summary>
    public string? InfoHashV2 { get; }

    /// <summary>The folder that holds the top-level file or folder.</summary>
    public string Destination { get; }

    /// <summary>The content itself: the top-level file or folder; the folder that would hold it when the metadata was never known.</summary>
    public string Path { get; }

    /// <summary>The stable name of what went wrong, or null.</summary>
    public TorrentFaultId? FaultId { get; }

    /// <summary>What went wrong and what to do, or null.</summary>
    public string? Fault { get; }

    /// <summary>The name and how it came out.</summary>
    public override string ToString() => $"{Name} ({State}, {Progress:0.#} %)";
}
