namespace TorrentPS.Engine.Snapshots;

/// <summary>How a torrent came out.</summary>
/// <param name="Status">The last status.</param>
/// <param name="GoalReached">Whether it did what it was added for; false when it was stopped before or failed.</param>
public sealed record TorrentResult(TorrentStatus Status, bool GoalReached);
