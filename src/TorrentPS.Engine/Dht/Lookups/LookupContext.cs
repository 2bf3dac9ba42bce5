using TorrentPS.Engine.Dht.Common;
using TorrentPS.Engine.Dht.Queries;
using TorrentPS.Engine.Dht.Routing;

namespace TorrentPS.Engine.Dht.Lookups;

/// <summary>What a lookup works with.</summary>
internal sealed record LookupContext(DhtNodeSettings Settings, DhtClock Clock, RoutingTable Table, OutgoingQueries Queries);
