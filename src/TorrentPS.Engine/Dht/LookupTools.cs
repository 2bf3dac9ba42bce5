namespace TorrentPS.Engine.Dht;

/// <summary>What a lookup works with.</summary>
internal sealed record LookupTools(DhtNodeSettings Settings, DhtClock Clock, RoutingTable Table, OutgoingQueries Queries);
