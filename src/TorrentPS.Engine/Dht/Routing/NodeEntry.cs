using System.Net;
using TorrentPS.Engine.Dht.Common;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Routing;

/// <summary>A node of the routing table: one that answered a query of ours.</summary>
internal sealed class NodeEntry(NodeId id, NodeAddress address, long now)
{
    /// <summary>How long a node stays good after it was heard of (BEP 5, "routing table").</summary>
    public const long GoodFor = 15 * DhtClock.Minute;

    /// <summary>Queries in a row without an answer that make a node bad: three losses in a row are rare at 10 % loss.</summary>
    public const int FailuresToBeBad = 3;

    /// <summary>Queries in a row without an answer after which a node is named to nobody, and goes when another waits for its place: one packet gets lost easily.</summary>
    private const int FailuresToBeDoubted = 2;

    private IPEndPoint? _endPoint;

    public NodeId Id { get; } = id;

    public NodeAddress Address { get; } = address;

    public IPEndPoint EndPoint => _endPoint ??= Address.ToEndPoint();

    public CompactNode Node => new(Id, Address);

    /// <summary>Whether its id fits its address (BEP 42); one that does not is kept, but makes room for one that does.</summary>
    public bool IsTrusted { get; } = SecureNodeId.Verify(id, address);

    public long LastAnswer { get; private set; } = now;

    /// <summary>When it last answered or asked.</summary>
    public long LastHeard { get; private set; } = now;

    public long LastAsked { get; set; } = now;

    public int Failures { get; private set; }

    public bool IsBad => Failures >= FailuresToBeBad;

    public bool IsDoubted => Failures >= FailuresToBeDoubted;

    public bool IsGood(long at) => !IsDoubted && at - LastHeard < GoodFor;

    public void Answered(long at)
    {
        LastAnswer = LastHeard = at;
        Failures = 0;
    }

    public void Asked(long at) => LastHeard = at;

    public void Failed() => Failures++;
}
