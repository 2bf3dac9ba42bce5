namespace TorrentPS.Engine.Policy;

/// <summary>How the upload stands at one moment.</summary>
/// <param name="Now">The time.</param>
/// <param name="Sent">Payload bytes sent so far.</param>
/// <param name="Limit">The upload limit in bytes/s; null for none.</param>
/// <param name="Backlogged">How many unchoked peers have asked for blocks that still wait here.</param>
/// <param name="Waiting">How many interested peers have no slot.</param>
internal readonly record struct UploadSample(TimeSpan Now, long Sent, long? Limit, int Backlogged, int Waiting);
