using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Lookups;

/// <summary>Finds an immutable item (BEP 44); what does not hash to its target is no answer.</summary>
internal sealed class ItemLookup(LookupContext tools, NodeId target, Action<ReadOnlyMemory<byte>?> done) : DhtLookup(tools, target)
{
    private byte[]? _value;

    protected override KrpcMessage Query() => new() { Method = KrpcMethod.Get, Target = Target };

    protected override void Answered(in KrpcMessage answer, NodeAddress from)
    {
        if (answer.Value.Length is 0 or > ImmutableItem.MaxLength || ImmutableItem.TargetOf(answer.Value) != Target)
            return;
        _value = answer.Value.ToArray();
        Stop();
    }

    protected override void Ended(LookupOutcome outcome) => done(_value is null ? default(ReadOnlyMemory<byte>?) : _value.AsMemory());
}

/// <summary>Puts an immutable item at the nodes nearest to its hash (BEP 44).</summary>
internal sealed class ItemPut(LookupContext tools, byte[] bencoded, Action<LookupOutcome> done) : DhtLookup(tools, ImmutableItem.TargetOf(bencoded))
{
    protected override bool IsToStore => true;

    protected override KrpcMessage Query() => new() { Method = KrpcMethod.Get, Target = Target };

    protected override KrpcMessage Store() => new() { Method = KrpcMethod.Put, Value = bencoded };

    protected override void Answered(in KrpcMessage answer, NodeAddress from)
    {
    }

    protected override void Ended(LookupOutcome outcome) => done(outcome);
}
