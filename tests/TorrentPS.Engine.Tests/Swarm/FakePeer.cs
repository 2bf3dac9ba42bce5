using System.Net;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Runtime;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Swarm;

/// <summary>One message that the loop sent to a peer.</summary>
internal sealed record Sent(
    PeerMessageId Id, BlockAddress Block =
        default, int Piece = -1, byte[]? Body = null, ushort Port = 0, byte ExtendedId = 0);

/// <summary>A peer played by a test: what the loop sends is recorded, what the peer says is handled at once.</summary>
internal sealed class FakePeer(SwarmFixture swarm, string name, IPEndPoint endPoint, Handshake handshake) : IPeerLink
{
    private readonly List<BlockAddress> _queue = [];
    private int _lent;

    public IPEndPoint EndPoint { get; } = endPoint;

    public int TableIndex { get; set; } = -1;

    public Handshake Handshake { get; } = handshake;

    public PeerTraffic Traffic { get; set; }

    public bool IsHeldBack { get; set; }

    public int QueuedBlocks => _queue.Count;

    public int QueuedBytes { get; set; }

    public long? UploadLimit { get; set; }

    public IReadOnlyList<BlockAddress> Queue => _queue;

    /// <summary>All that was sent to it, in order.</summary>
    public List<Sent> Inbox { get; } = [];

    public DisconnectReason? ClosedFor { get; private set; }

    /// <summary>What the loop said of the reason.</summary>
    public string? ClosedDetail { get; private set; }

    public bool IsStarted { get; set; }

    /// <summary>Whether the loop has handled the end of the connection.</summary>
    public bool IsGone { get; set; }

    /// <summary>Batches not given back.</summary>
    public int BatchesOut => _lent;

    /// <summary>Whether anything waits for a flush.</summary>
    public bool HasUnflushed { get; private set; }

    /// <summary>What it was asked for and what was neither answered nor taken back.</summary>
    public List<BlockAddress> Asked { get; } = [];

    public int Count(PeerMessageId id) => Inbox.Count(sent => sent.Id == id);

    public IEnumerable<BlockAddress> Blocks(PeerMessageId id) =>
        Inbox.Where(sent => sent.Id == id).Select(sent => sent.Block);

    public void Say(params PeerEvent[] messages)
    {
        var batch = new MessageBatch();
        foreach (PeerEvent message in messages)
            batch.Add(message);
        _lent++;
        swarm.Handle(new TorrentPS.Engine.Swarm.State.MessagesReceived(this, batch));
    }

    public void Say(PeerMessageId id) => Say(new PeerEvent { Id = id });

    public void Say(PeerMessageId id, BlockAddress block) => Say(new PeerEvent { Id = id, Address = block });

    public void Have(int piece) => Say(PeerMessageId.Have, new BlockAddress(new PieceIndex(piece), 0, 0));

    public void SendBitfield(params int[] pieces)
    {
        var have = new Bitfield(swarm.Geometry.PieceCount);
        foreach (int piece in pieces)
            have.Add(new PieceIndex(piece));
        Say(new PeerEvent { Id = PeerMessageId.Bitfield, Body = have.Bytes.ToArray() });
    }

    /// <summary>Says it has everything and serves us.</summary>
    public FakePeer Serving()
    {
        SendBitfield([.. Enumerable.Range(0, swarm.Geometry.PieceCount)]);
        Say(PeerMessageId.Unchoke);
        return this;
    }

    public void Extended(ExtensionHandshake told) =>
        Say(new PeerEvent { Id = PeerMessageId.Extended, Body = told.Encode() });

    /// <summary>
    /// A block as the receive pump would hand it over; a bad one differs from what its piece's hash wants.
    /// </summary>
    public PeerEvent BlockOf(BlockAddress block, bool isGood = true)
    {
        Block memory = swarm.Pool.TryRent()!;
        memory.Span[0] = isGood ? FakeStore.GoodByte : FakeStore.BadByte;
        Asked.Remove(block);
        return new PeerEvent { Id = PeerMessageId.Piece, Address = block, Block = memory };
    }

    public void Give(BlockAddress block, bool isGood = true) => Say(BlockOf(block, isGood));

    /// <summary>Answers everything it is asked for, until it is asked for nothing more.</summary>
    public void GiveAll(bool isGood = true)
    {
        while (Asked.Count > 0)
            Give(Asked[0], isGood);
    }

    /// <summary>Ends the connection from its side, or confirms that it ended.</summary>
    /// <param name="detail">What is said of it.</param>
    /// <param name="reason">The reason that its connection found, unless the loop closed it.</param>
    public void Leave(string? detail = null, DisconnectReason reason = DisconnectReason.RemoteClosed)
    {
        IsGone = true;
        swarm.Handle(new TorrentPS.Engine.Swarm.State.PeerClosed(this, ClosedFor ?? reason, detail ?? ClosedDetail));
    }

    void IBlockSource.Request(BlockAddress block)
    {
        Asked.Add(block);
        Record(new Sent(PeerMessageId.Request, block));
    }

    void IBlockSource.Cancel(BlockAddress block)
    {
        Asked.Remove(block);
        Record(new Sent(PeerMessageId.Cancel, block));
    }

    void IPeerLink.SendKeepAlive() => Record(new Sent(PeerMessageId.KeepAlive));

    void IPeerLink.SendChoke() => Record(new Sent(PeerMessageId.Choke));

    void IPeerLink.SendUnchoke() => Record(new Sent(PeerMessageId.Unchoke));

    void IPeerLink.SendInterested() => Record(new Sent(PeerMessageId.Interested));

    void IPeerLink.SendNotInterested() => Record(new Sent(PeerMessageId.NotInterested));

    void IPeerLink.SendHave(PieceIndex piece) => Record(new Sent(PeerMessageId.Have, Piece: piece.Value));

    void IPeerLink.SendBitfield(Bitfield pieces) =>
        Record(new Sent(PeerMessageId.Bitfield, Body: pieces.Bytes.ToArray()));

    void IPeerLink.SendHaveAll() => Record(new Sent(PeerMessageId.HaveAll));

    void IPeerLink.SendHaveNone() => Record(new Sent(PeerMessageId.HaveNone));

    void IPeerLink.SendSuggest(PieceIndex piece) => Record(new Sent(PeerMessageId.Suggest, Piece: piece.Value));

    void IPeerLink.SendAllowedFast(PieceIndex piece) => Record(new Sent(PeerMessageId.AllowedFast, Piece: piece.Value));

    void IPeerLink.SendReject(BlockAddress block) => Record(new Sent(PeerMessageId.Reject, block));

    void IPeerLink.SendPort(ushort dhtPort) => Record(new Sent(PeerMessageId.Port, Port: dhtPort));

    void IPeerLink.SendExtended(byte extendedId, ReadOnlySpan<byte> payload) =>
        Record(new Sent(PeerMessageId.Extended, Body: payload.ToArray(), ExtendedId: extendedId));

    void IPeerLink.QueueBlock(BlockAddress block) => _queue.Add(block);

    bool IPeerLink.TryUnqueueBlock(BlockAddress block) => _queue.Remove(block);

    void IPeerLink.UnqueueBlocks(List<BlockAddress> removed)
    {
        removed.AddRange(_queue);
        _queue.Clear();
    }

    void IBlockSource.Flush() => HasUnflushed = false;

    void IBlockSource.Recycle(MessageBatch batch)
    {
        batch.Clear();
        _lent--;
    }

    void IBlockSource.Close(DisconnectReason reason, string? detail)
    {
        if (ClosedFor is not null)
            return;
        ClosedFor = reason;
        ClosedDetail = detail;
    }

    private void Record(Sent sent)
    {
        Inbox.Add(sent);
        HasUnflushed = true;
        swarm.Log.Add($"{name} {sent.Id} {sent.Block} {sent.Piece}");
    }
}
