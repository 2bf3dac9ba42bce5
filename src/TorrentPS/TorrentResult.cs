using TorrentPS.Engine;

namespace TorrentPS;

/// <summary>Result of a torrent that has ended. Sizes are in bytes, rates in bytes/s.</summary>
public sealed class TorrentResult
{
    private readonly EngineResult _result;
    private readonly EngineStatus _status;

    internal TorrentResult(EngineResult result)
    {
        _result = result;
        _status = result.Status;
    }

    /// <summary>The torrent's name.</summary>
    public string Name => _status.Name;

    /// <summary>The final state: Stopped or Failed.</summary>
    public TorrentState State => _status.State;

    /// <summary>
    /// Whether the torrent reached the goal that -StopWhen sets; false if it was stopped earlier or failed.
    /// </summary>
    public bool GoalReached => _result.GoalReached;

    /// <summary>Percentage of the wanted bytes that are verified and on disk.</summary>
    public double Progress => _status.Progress;

    /// <summary>Size of the whole content.</summary>
    public long Size => _status.Size;

    /// <summary>Size of the wanted content.</summary>
    public long WantedSize => _status.WantedSize;

    /// <summary>Wanted bytes that are verified and on disk.</summary>
    public long Completed => _status.Completed;

    /// <summary>Payload bytes received, including duplicates and data that failed its hash check.</summary>
    public long Downloaded => _status.Downloaded;

    /// <summary>Payload bytes sent.</summary>
    public long Uploaded => _status.Uploaded;

    /// <summary>Share ratio: uploaded bytes per wanted byte.</summary>
    public double Ratio => _status.Ratio;

    /// <summary>
    /// Payload bytes received that were not needed: duplicate blocks, and blocks that arrived too late.
    /// </summary>
    public long Wasted => _status.Wasted;

    /// <summary>Payload bytes discarded because their piece failed its hash.</summary>
    public long HashFailed => _status.HashFailed;

    /// <summary>Time for which the torrent was running.</summary>
    public TimeSpan Elapsed => _status.Elapsed;

    /// <summary>Payload bytes/s received, averaged over the time for which the torrent was running.</summary>
    public long AverageRate => _result.AverageRate;

    /// <summary>The v1 info hash in lower-case hexadecimal; null for a v2-only torrent.</summary>
    public string? InfoHash => _status.InfoHash?.ToString();

    /// <summary>The v2 info hash in lower-case hexadecimal; null for a v1-only torrent.</summary>
    public string? InfoHashV2 => _status.InfoHashV2?.ToString();

    /// <summary>Full path of the folder that holds the top-level file or folder.</summary>
    public string Destination => _status.Destination;

    /// <summary>
    /// Full path of the top-level file or folder. If the torrent ended before its metadata was known, the path of the
    /// destination folder.
    /// </summary>
    public string Path => _status.Path ?? _status.Destination;

    /// <summary>Stable name of the fault that ended the torrent; null if there is none.</summary>
    public TorrentFaultId? FaultId => _status.Fault?.Id;

    /// <summary>The fault that ended the torrent, and what to do; null if there is none.</summary>
    public string? Fault => _status.Fault?.Message;

    /// <summary>The name, the final state and the progress.</summary>
    public override string ToString() => $"{Name} ({State}, {Progress:0.#} %)";
}
