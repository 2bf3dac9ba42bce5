namespace TorrentPS.Engine.Snapshots;

/// <summary>One bucket of a DHT node's routing table (BEP 5, "routing table").</summary>
/// <param name="PrefixLength">How many leading bits its nodes share with our id; the last bucket holds all that share more.</param>
/// <param name="Good">Its nodes that answered lately.</param>
/// <param name="Questionable">Its nodes not heard of for a while.</param>
/// <param name="Replacements">Nodes that wait for a place in it.</param>
public sealed record DhtBucketStatus(int PrefixLength, int Good, int Questionable, int Replacements);
