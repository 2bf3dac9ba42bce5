using System.Net;
using TorrentPS.Engine;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Runtime;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;
using TorrentPS.Simulation.Machines;

namespace TorrentPS.Simulation.Links;

/// <summary>
/// One side of a simulated peer connection. Messages and blocks arrive in the order in which they were sent. As with
/// TCP, the bytes in flight are limited by a window.
/// </summary>
internal sealed class Link(World world, Machine owner, IPEndPoint endPoint) : IPeerLink
{
    /// <summary>
    /// Lengths of messages on the wire in bytes, including the length prefix and the id (BEP 3, "peer messages").
    /// </summary>
    private const int FlagBytes = 5;
    private const int PortBytes = 7;
    private const int PieceBytes = 9;
    private const int BlockBytes = 17;
    private const int PieceHeader = 13;

    private readonly RingList<BlockAddress> _blocks = new();
    private MessageBatch? _outgoing;
    private int _outgoingBytes;
    private long _lastArrival;
    private long _inFlight;
    private long _received;
    private long _sent;
    private long _payloadSent;

    public IPEndPoint EndPoint { get; } = endPoint;

    public int TableIndex { get; set; } = -1;

    public Machine Owner { get; } = owner;

    /// <summary>The other side of the connection.</summary>
    public Link Remote { get; set; } = null!;

    /// <summary>One-way latency in ticks.</summary>
    public required long Latency { get; init; }

    /// <summary>Maximum payload bytes in flight.</summary>
    public required long Window { get; init; }

    /// <summary>Whether the connection is queued at the uplink.</summary>
    public bool IsQueued { get; set; }

    /// <summary>Time until which one of the connection's blocks occupies the uplink, in ticks.</summary>
    public long BusyUntil { get; set; }

    /// <summary>Time at which the connection's upload limit allows the next block, in ticks.</summary>
    public long NotBefore { get; private set; }

    public bool IsClosed { get; private set; }

    public bool CanSend => !IsClosed && _blocks.Count > 0 && _inFlight < Window;

    public PeerTraffic Traffic => new(_received, _sent, _payloadSent);

    public bool IsHeldBack => false;

    public int QueuedBlocks => _blocks.Count;

    public int QueuedBytes => 0;

    public long? UploadLimit { get; set; }

    public void Request(BlockAddress block) => SendBlockMessage(PeerMessageId.Request, block);

    public void Cancel(BlockAddress block) => SendBlockMessage(PeerMessageId.Cancel, block);

    public void SendKeepAlive() => SendFlag(PeerMessageId.KeepAlive);

    public void SendChoke() => SendFlag(PeerMessageId.Choke);

    public void SendUnchoke() => SendFlag(PeerMessageId.Unchoke);

    public void SendInterested() => SendFlag(PeerMessageId.Interested);

    public void SendNotInterested() => SendFlag(PeerMessageId.NotInterested);

    public void SendHave(PieceIndex piece) => SendPieceMessage(PeerMessageId.Have, piece);

    public void SendBitfield(Bitfield pieces) =>
        Append(
            new PeerEvent { Id = PeerMessageId.Bitfield, Body = pieces.Bytes.ToArray() },
            FlagBytes + pieces.Bytes.Length);

    public void SendHaveAll() => SendFlag(PeerMessageId.HaveAll);

    public void SendHaveNone() => SendFlag(PeerMessageId.HaveNone);

    public void SendSuggest(PieceIndex piece) => SendPieceMessage(PeerMessageId.Suggest, piece);

    public void SendAllowedFast(PieceIndex piece) => SendPieceMessage(PeerMessageId.AllowedFast, piece);

    public void SendReject(BlockAddress block) => SendBlockMessage(PeerMessageId.Reject, block);

    public void SendPort(ushort dhtPort) =>
        Append(new PeerEvent { Id = PeerMessageId.Port, Port = dhtPort }, PortBytes);

    public void SendExtended(byte extendedId, ReadOnlySpan<byte> payload) => Append(
        new PeerEvent { Id = PeerMessageId.Extended, ExtendedId = extendedId, Body = payload.ToArray() },
        FlagBytes + 1 + payload.Length);

    public void QueueBlock(BlockAddress block)
    {
        if (Owner.Behaviour.SendsBlock(block))
            _blocks.Enqueue(block);
    }

    public bool TryUnqueueBlock(BlockAddress block)
    {
        for (int i = 0; i < _blocks.Count; i++)
        {
            if (_blocks[i] != block)
                continue;
            _blocks.RemoveAt(i);
            return true;
        }

        return false;
    }

    public void UnqueueBlocks(List<BlockAddress> removed)
    {
        while (_blocks.Count > 0)
            removed.Add(_blocks.Dequeue());
    }

    public void Flush()
    {
        if (IsClosed)
            return;
        if (_outgoing is { } batch)
        {
            _outgoing = null;
            _sent += _outgoingBytes;
            Owner.Uplink.Charge(_outgoingBytes);

            // A message sent while a block of this connection occupies the uplink follows the block.
            _lastArrival = Math.Max(Math.Max(world.Time.Now, BusyUntil) + Latency, _lastArrival);
            world.Transit.Send(Remote, batch, _outgoingBytes, _lastArrival);
            _outgoingBytes = 0;
        }

        if (_blocks.Count > 0)
            Owner.Uplink.Offer(this);
    }

    public void Recycle(MessageBatch batch) => world.Transit.Recycle(batch);

    public void Close(DisconnectReason reason, string? detail = null)
    {
        if (IsClosed)
            return;
        End();
        if (reason == DisconnectReason.Banned)
            Owner.Banned.Add(Remote.Owner);
        world.Time.At(world.Time.Now, new ScheduledAction(() => Owner.Closed(this, reason)));
        Link remote = Remote;
        world.Time.At(world.Time.Now + Latency, new ScheduledAction(() =>
        {
            if (remote.IsClosed)
                return;
            remote.End();
            remote.Owner.Closed(remote, DisconnectReason.RemoteClosed);
        }));
    }

    /// <summary>
    /// Dequeues the next blocks to send, as far as the window allows, and charges the connection's upload limit.
    /// </summary>
    public int TakeBlocks(Span<BlockAddress> destination, out int bytes)
    {
        bytes = 0;
        int count = 0;
        while (count < destination.Length && CanSend)
        {
            destination[count] = _blocks.Dequeue();
            _inFlight += destination[count].Length;
            bytes += destination[count++].Length;
        }

        if (UploadLimit is { } limit)
            NotBefore = Math.Max(NotBefore, world.Time.Now) + Timeline.Ticks((double)bytes / Math.Max(1, limit));
        return count;
    }

    /// <summary>Schedules the arrival of blocks that have left the machine.</summary>
    /// <returns>The number of bytes.</returns>
    public int BlocksLeft(ReadOnlySpan<BlockAddress> blocks)
    {
        int bytes = 0;
        foreach (BlockAddress block in blocks)
            bytes += block.Length;
        _sent += (PieceHeader * blocks.Length) + bytes;
        _payloadSent += bytes;
        if (IsClosed)
            return bytes;
        long arrival = Math.Max(world.Time.Now + Latency, _lastArrival);
        _lastArrival = Remote.Owner.Downlink.Take(arrival, bytes);
        world.Transit.SendBlocks(this, blocks, bytes, _lastArrival);
        return bytes;
    }

    /// <summary>Handles the arrival of blocks at the other side.</summary>
    public void BlocksArrived(ReadOnlySpan<BlockAddress> blocks, int bytes)
    {
        _inFlight -= bytes;
        if (Remote.IsClosed)
            return;
        Remote._received += (PieceHeader * blocks.Length) + bytes;
        Remote.Owner.Received(Remote, blocks);
        Owner.Uplink.Offer(this);
    }

    /// <summary>Handles the arrival of messages at this side.</summary>
    public void Arrived(MessageBatch batch, int bytes)
    {
        if (IsClosed)
        {
            Recycle(batch);
            return;
        }

        _received += bytes;
        Owner.Received(this, batch);
    }

    private void SendFlag(PeerMessageId id) => Append(new PeerEvent { Id = id }, FlagBytes);

    private void SendPieceMessage(PeerMessageId id, PieceIndex piece) =>
        Append(new PeerEvent { Id = id, Address = new BlockAddress(piece, 0, 0) }, PieceBytes);

    private void SendBlockMessage(PeerMessageId id, BlockAddress block) =>
        Append(new PeerEvent { Id = id, Address = block }, BlockBytes);

    private void Append(PeerEvent message, int bytes)
    {
        if (IsClosed || !Owner.Behaviour.Sends(message.Id))
            return;
        _outgoing ??= world.Transit.TakeBatch();
        _outgoing.Add(message);
        _outgoingBytes += bytes;
    }

    private void End()
    {
        IsClosed = true;
        while (_blocks.Count > 0)
            _blocks.Dequeue();
        if (_outgoing is { } unsent)
            Recycle(unsent);
        _outgoing = null;
    }
}
