using System.Net.Sockets;
using TorrentPS.Engine.Snapshots;

namespace TorrentPS.Engine.Dht.Routing;

/// <summary>What of a routing table others see.</summary>
internal static class RoutingTableStatus
{
    public static DhtNodeStatus Of(RoutingTable table, long now)
    {
        List<DhtBucketStatus> buckets = [];
        for (int i = 0; i < table.Buckets.Length; i++)
        {
            if (table.Buckets[i] is not { } bucket)
                continue;
            int good = 0;
            foreach (NodeEntry contact in bucket.Live)
                good += contact.IsGood(now) ? 1 : 0;
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
