using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Lookups;

/// <summary>
/// Finds an immutable item (BEP 44). Ends with the first value whose SHA-1 is the target. Other values are ignored.
/// </summary>
internal sealed class ItemLookup(LookupContext context, NodeId target, Action<ReadOnlyMemory<byte>?> done)
    : DhtLookup(context, target)
{
    private byte[]? _value;

    protected override KrpcMessage CreateQuery() => new() { Method = KrpcMethod.Get, Target = Target };

    protected override void OnResponse(in KrpcMessage answer, NodeAddress from)
    {
        if (answer.Value.Length is 0 or > ImmutableItem.MaxLength || ImmutableItem.TargetOf(answer.Value) != Target)
            return;
        _value = answer.Value.ToArray();
        Stop();
    }

    protected override void OnEnded(LookupOutcome outcome) =>
        done(_value is null ? default(ReadOnlyMemory<byte>?) : _value.AsMemory());
}

/// <summary>Stores an immutable item at the nodes closest to its target (BEP 44, "put").</summary>
internal sealed class ItemPut(LookupContext context, byte[] bencoded, Action<LookupOutcome> done)
    : DhtLookup(context, ImmutableItem.TargetOf(bencoded))
{
    protected override bool HasStoreQuery => true;

    protected override KrpcMessage CreateQuery() => new() { Method = KrpcMethod.Get, Target = Target };

    protected override KrpcMessage CreateStoreQuery() => new() { Method = KrpcMethod.Put, Value = bencoded };

    protected override void OnResponse(in KrpcMessage answer, NodeAddress from)
    {
    }

    protected override void OnEnded(LookupOutcome outcome) => done(outcome);
}
