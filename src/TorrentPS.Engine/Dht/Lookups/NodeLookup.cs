using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Lookups;

/// <summary>Finds the nodes closest to an id (BEP 5, "find_node").</summary>
internal sealed class NodeLookup(
    LookupContext context, NodeId target, Action<LookupOutcome>? done) : DhtLookup(context, target)
{
    protected override KrpcMessage CreateQuery() => new() { Method = KrpcMethod.FindNode, Target = Target };

    protected override void OnResponse(in KrpcMessage answer, NodeAddress from)
    {
    }

    protected override void OnEnded(LookupOutcome outcome) => done?.Invoke(outcome);
}
