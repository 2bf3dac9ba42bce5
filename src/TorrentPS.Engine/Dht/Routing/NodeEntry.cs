using System.Net;
using TorrentPS.Engine.Dht.Common;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Routing;

/// <summary>
/// A node of the routing table, with the times and failures of its queries. Times are milliseconds of the node's clock.
/// </summary>
internal sealed class NodeEntry(NodeId id, NodeAddress address, long now)
{
    /// <summary>
    /// Milliseconds for which a node stays good after a response or query from it (BEP 5, "routing table").
    /// </summary>
    public const long GoodFor = 15 * DhtClock.Minute;

    /// <summary>
    /// Consecutive unanswered queries after which a node is bad. Three losses in a row are rare at 10 % packet loss.
    /// </summary>
    private const int FailuresToBeBad = 3;

    /// <summary>
    /// Consecutive unanswered queries after which a node is doubtful: it is no longer named to others, and a
    /// replacement may take its place. One loss is common.
    /// </summary>
    private const int FailuresToBeDoubtful = 2;

    private IPEndPoint? _endPoint;

    public NodeId Id { get; } = id;

    public NodeAddress Address { get; } = address;

    public IPEndPoint EndPoint => _endPoint ??= Address.ToEndPoint();

    public CompactNode Node => new(Id, Address);

    /// <summary>
    /// Whether the id is valid for the address (BEP 42). A node with an invalid id is kept until a node with a valid id
    /// needs its place.
    /// </summary>
    public bool HasValidId { get; } = SecureNodeId.Verify(id, address);

    /// <summary>Time of the node's last response.</summary>
    public long LastResponse { get; private set; } = now;

    /// <summary>Time of the node's last response or query.</summary>
    public long LastSeen { get; private set; } = now;

    /// <summary>Time of this client's last query to the node.</summary>
    public long LastQueried { get; set; } = now;

    /// <summary>Consecutive unanswered queries.</summary>
    public int Failures { get; private set; }

    public bool IsBad => Failures >= FailuresToBeBad;

    public bool IsDoubtful => Failures >= FailuresToBeDoubtful;

    /// <summary>Whether the node is good (BEP 5): not doubtful, and seen within <see cref="GoodFor"/>.</summary>
    public bool IsGood(long at) => !IsDoubtful && at - LastSeen < GoodFor;

    public void OnResponse(long at)
    {
        LastResponse = LastSeen = at;
        Failures = 0;
    }

    public void OnQuery(long at) => LastSeen = at;

    public void OnTimeout() => Failures++;
}
