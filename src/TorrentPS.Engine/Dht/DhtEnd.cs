using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Snapshots;

namespace TorrentPS.Engine.Dht;

/// <summary>One address family of a <see cref="DhtService"/>: a node and its socket. But for counting drops, only the loop touches it.</summary>
internal sealed class DhtEnd
{
    /// <summary>Searches at once; the node needs some of its own for the care of its table.</summary>
    private const int MaxSearches = 32;

    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isConnected;
    private bool _knowsAddresses;
    private long _dropped;

    public DhtEnd(DhtSocket socket, DhtServiceSettings settings)
    {
        Socket = socket;
        Node = new DhtNode(settings.Node, socket.Family, settings.Time, settings.Random, socket);
    }

    public DhtSocket Socket { get; }

    public DhtNode Node { get; }

    public AddressFamily Family => Socket.Family;

    /// <summary>Lets in as many searches as there may be at once.</summary>
    public SemaphoreSlim Turns { get; } = new(MaxSearches);

    /// <summary>Whether other nodes are known that answer.</summary>
    public bool IsConnected => _isConnected;

    /// <summary>Ends when there is nothing to wait for: other nodes are known, or there is no address where one might be.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Takes what an earlier node saved; a table that can't be read is as good as none.</summary>
    public void Restore(ReadOnlyMemory<byte> table)
    {
        _knowsAddresses = true;
        Node.RestoreTable(table.Span);
    }

    /// <summary>Asks whether a node is there.</summary>
    public void Add(IPEndPoint node)
    {
        _knowsAddresses = true;
        Node.AddNode(node);
    }

    /// <summary>The list of names was gone through.</summary>
    public void NamesAreFound()
    {
        if (!_knowsAddresses)
            _ready.TrySetResult();
    }

    /// <summary>Some time has passed.</summary>
    public void Tick()
    {
        Node.Tick();
        if (!_isConnected && Node.Status.Good > 0)
            Connected();
    }

    /// <summary>A packet was left unread.</summary>
    public void CountDrop() => Interlocked.Increment(ref _dropped);

    public DhtNodeStatus Status()
    {
        DhtNodeStatus node = Node.Status;
        _isConnected = node.Good > 0;
        return node with
        {
            BytesReceived = Socket.BytesReceived,
            BytesSent = Socket.BytesSent,
            MessagesReceived = Socket.MessagesReceived,
            MessagesSent = Socket.MessagesSent,
            Dropped = node.Dropped + Volatile.Read(ref _dropped),
        };
    }

    private void Connected()
    {
        _isConnected = true;
        _ready.TrySetResult();
    }
}
