namespace TorrentPS.Engine.Snapshots;

/// <summary>How far the metadata of a magnet link is.</summary>
/// <param name="Received">Bytes of it that are here.</param>
/// <param name="Size">How many there are to be, as peers claim; null while none has said.</param>
/// <param name="Peers">Connected peers.</param>
/// <param name="KnownPeers">Addresses known but not connected.</param>
public readonly record struct MetadataProgress(long Received, int? Size, int Peers, int KnownPeers);
