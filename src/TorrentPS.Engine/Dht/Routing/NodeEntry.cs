using System.Net;
using TorrentPS.Engine.Dht.Common;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Routing;

/// <summary>A node in the routing table. All times are in milliseconds of the DHT node's clock.</summary>
internal sealed class NodeEntry(NodeId id, NodeAddress address, long now)
{
    /// <summary>
    /// Milliseconds for which a node stays good after its last response or query (BEP 5, "routing table").
    /// </summary>
    public const long GoodFor = 15 * DhtClock.Minute;

    /// <summary>
    /// Number of consecutive unanswered queries at which a node is bad (BEP 5). Three lost packets in a row are rare.
    /// </summary>
    private const int FailuresToBeBad = 3;

    /// <summary>
    /// Number of consecutive unanswered queries at which a node is doubtful. A single unanswered query is not enough,
    /// because lost packets are common.
    /// </summary>
    private const int FailuresToBeDoubtful = 2;

    private IPEndPoint? _endPoint;

    public NodeId Id { get; } = id;

    public NodeAddress Address { get; } = address;

    public IPEndPoint EndPoint => _endPoint ??= Address.ToEndPoint();

    public CompactNode Node => new(Id, Address);

    /// <summary>
    /// Whether the id is valid for the address (BEP 42). A node with an invalid id may be replaced by a node with a
    /// valid id.
    /// </summary>
    public bool HasValidId { get; } = SecureNodeId.Verify(id, address);

    public long LastResponse { get; private set; } = now;

    /// <summary>Time of the last response or query from the node.</summary>
    public long LastSeen { get; private set; } = now;

    /// <summary>Time of this client's last query to the node.</summary>
    public long LastQueried { get; set; } = now;

    /// <summary>Number of queries to the node that timed out since its last response.</summary>
    public int Failures { get; private set; }

    public bool IsBad => Failures >= FailuresToBeBad;

    public bool IsDoubtful => Failures >= FailuresToBeDoubtful;

    public bool IsGood(long at) => !IsDoubtful && at - LastSeen < GoodFor;

    public void OnResponse(long at)
    {
        LastResponse = LastSeen = at;
        Failures = 0;
    }

    public void OnQuery(long at) => LastSeen = at;

    public void OnTimeout() => Failures++;
}
