using TorrentPS.Engine;
using TorrentPS.Hosting;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS;

/// <summary>
/// Result of a torrent that has ended, or could not be started. Sizes are in bytes, rates in bytes/s.
/// </summary>
public sealed class TorrentResult : TorrentOutput
{
    private readonly EngineResult _result;
    private readonly EngineStatus _status;
    private readonly string? _error;

    /// <summary>Creates the result of a torrent that has ended.</summary>
    internal TorrentResult(Torrent torrent)
        : this(torrent.Completion.Result, TorrentSources.Of(torrent), null)
    {
    }

    private TorrentResult(EngineResult result, string? source, string? error)
    {
        _result = result;
        _status = result.Status;
        _error = error;
        Source = source;
    }

    /// <summary>
    /// The path or URL of the torrent file, or the magnet link, that was given to Start-TorrentDownload or
    /// Start-TorrentSeed.
    /// </summary>
    public string? Source { get; }

    /// <summary>The torrent's name.</summary>
    public string Name => _status.Name;

    /// <summary>
    /// The final state: Stopped or Failed. If Wait-Torrent stopped waiting before the torrent ended, it is the
    /// torrent's state at that time.
    /// </summary>
    public TorrentState State => _status.State;

    /// <summary>Whether the torrent reached its goal (-StopWhen). False if it was stopped earlier or failed.</summary>
    public bool GoalReached => _result.GoalReached;

    /// <summary>Why the torrent did not reach its goal, and what to do; null if it did.</summary>
    public string? Error => GoalReached ? null : _error ?? Fault ?? "The torrent was stopped.";

    /// <summary>Percentage of <see cref="WantedSize"/> that is verified and on disk, from 0 to 100.</summary>
    public double Progress => _status.Progress;

    /// <summary>Total size of the content in bytes.</summary>
    public long Size => _status.Size;

    /// <summary>Size of the wanted pieces in bytes; 0 if the metadata was never known.</summary>
    public long WantedSize => _status.WantedSize;

    /// <summary>Size in bytes of the wanted pieces that are verified and on disk.</summary>
    public long Completed => _status.Completed;

    /// <summary>Payload bytes received, including <see cref="Wasted"/> and <see cref="HashFailed"/>.</summary>
    public long Downloaded => _status.Downloaded;

    /// <summary>Payload bytes sent.</summary>
    public long Uploaded => _status.Uploaded;

    /// <summary>
    /// Share ratio: <see cref="Uploaded"/> divided by <see cref="WantedSize"/>; 0 if the latter is 0.
    /// </summary>
    public double Ratio => _status.Ratio;

    /// <summary>Payload bytes received and discarded: blocks that had already arrived or were not requested.</summary>
    public long Wasted => _status.Wasted;

    /// <summary>Payload bytes received in pieces that failed their hash check.</summary>
    public long HashFailed => _status.HashFailed;

    /// <summary>Time from the start of the torrent to its end, including pauses.</summary>
    public TimeSpan Elapsed => _status.Elapsed;

    /// <summary>Average download rate in bytes/s: <see cref="Downloaded"/> divided by <see cref="Elapsed"/>.</summary>
    public long AverageRate => _result.AverageRate;

    /// <summary>The v1 info hash in lower-case hexadecimal; null for a v2-only torrent.</summary>
    public string? InfoHash => _status.InfoHash?.ToString();

    /// <summary>The v2 info hash in lower-case hexadecimal; null for a v1-only torrent.</summary>
    public string? InfoHashV2 => _status.InfoHashV2?.ToString();

    /// <summary>Full path of the folder that contains the torrent's top-level file or folder.</summary>
    public string Destination => _status.Destination;

    /// <summary>
    /// Full path of the torrent's top-level file or folder. If the torrent ended before its metadata was known, it is
    /// the path of the destination folder.
    /// </summary>
    public string Path => _status.Path ?? _status.Destination;

    /// <summary>Id of the fault that ended the torrent; null if there is none.</summary>
    public TorrentFaultId? FaultId => _status.Fault?.Id;

    /// <summary>Message about the fault that ended the torrent, with a remedy; null if there is none.</summary>
    public string? Fault => _status.Fault?.Message;

    /// <summary>Creates the result of an input that could not be read or started.</summary>
    internal static TorrentResult NotStarted(string source, string destination, string error)
    {
        var status = new EngineStatus
        {
            Name = DisplayText.Line(source),
            Destination = destination,
            State = TorrentState.Failed,
        };
        return new TorrentResult(new EngineResult(status, GoalReached: false), source, error);
    }

    /// <summary>Creates the result of a torrent that had not ended when a cmdlet stopped waiting for it.</summary>
    internal static TorrentResult NotEnded(Torrent torrent, string error) =>
        new(new EngineResult(torrent.Status, GoalReached: false), TorrentSources.Of(torrent), error);

    /// <summary>Returns the name, the final state and the progress.</summary>
    public override string ToString() => $"{Name} ({State}, {Progress:0.#} %)";
}
