using System.Net.Sockets;

namespace TorrentPS.Engine.Dht.Routing;

/// <summary>
/// Creates a DHT node's public status with the counts of its routing table. The caller sets the other properties.
/// </summary>
internal static class RoutingTableStatus
{
    public static DhtNodeStatus Create(RoutingTable table, long now)
    {
        List<DhtBucketStatus> buckets = [];
        for (int i = 0; i < table.Buckets.Length; i++)
        {
            if (table.Buckets[i] is not { } bucket)
                continue;
            int good = 0;
            foreach (NodeEntry entry in bucket.Live)
                good += entry.IsGood(now) ? 1 : 0;
            buckets.Add(new DhtBucketStatus(i, good, bucket.Live.Length - good, bucket.Replacements.Length));
        }

        return new DhtNodeStatus
        {
            Family = AddressFamily.Unspecified,
            NodeId = table.OwnId.ToString(),
            Good = buckets.Sum(bucket => bucket.Good),
            Questionable = buckets.Sum(bucket => bucket.Questionable),
            Replacements = buckets.Sum(bucket => bucket.Replacements),
            Buckets = buckets,
        };
    }
}
