namespace TorrentPS.Engine.Trackers;

/// <summary>What a torrent tells its trackers of itself.</summary>
/// <param name="Uploaded">Payload bytes sent since the torrent was started.</param>
/// <param name="Downloaded">Payload bytes received since the torrent was started.</param>
/// <param name="Left">Bytes that are still lacking.</param>
/// <param name="Port">The TCP port that the session listens on.</param>
internal readonly record struct AnnounceProgress(long Uploaded, long Downloaded, long Left, ushort Port);
