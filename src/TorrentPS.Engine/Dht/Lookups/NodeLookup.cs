using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Lookups;

/// <summary>Finds the nodes nearest to a point (BEP 5, "find_node").</summary>
internal sealed class NodeLookup(LookupContext tools, NodeId target, Action<LookupOutcome>? done) : DhtLookup(tools, target)
{
    protected override KrpcMessage Query() => new() { Method = KrpcMethod.FindNode, Target = Target };

    protected override void Answered(in KrpcMessage answer, NodeAddress from)
    {
    }

    protected override void Ended(LookupOutcome outcome) => done?.Invoke(outcome);
}
