using System.Runtime.InteropServices;
using TorrentPS.Engine.Peers;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Simulation.Links;

/// <summary>
/// The messages and blocks in flight. Messages sent in one turn that arrive at the same time share one event. All
/// objects are reused, as a large swarm sends a million <c>have</c> messages per minute.
/// </summary>
internal sealed class Transit(Timeline time)
{
    private readonly Stack<MessageBatch> _batches = new();
    private readonly Stack<MessageArrival> _messageArrivals = new();
    private readonly Stack<BlockArrival> _blockArrivals = new();
    private MessageArrival? _filling;
    private long _fillingArrival;

    public MessageBatch TakeBatch() => _batches.TryPop(out MessageBatch? batch) ? batch : new MessageBatch();

    public void Recycle(MessageBatch batch)
    {
        batch.Clear();
        _batches.Push(batch);
    }

    /// <summary>Sends messages to one side of a connection, to arrive at a time in ticks.</summary>
    public void Send(Link to, MessageBatch batch, int bytes, long arrival)
    {
        if (_filling is null || _fillingArrival != arrival)
        {
            if (!_messageArrivals.TryPop(out _filling))
                _filling = new MessageArrival(this);
            _fillingArrival = arrival;
            time.At(arrival, _filling);
        }

        _filling.Messages.Add(new Message(to, batch, bytes));
    }

    /// <summary>Sends blocks from one side of a connection, to be received completely at a time in ticks.</summary>
    public void SendBlocks(Link from, ReadOnlySpan<BlockAddress> blocks, int bytes, long arrival)
    {
        if (!_blockArrivals.TryPop(out BlockArrival? arrivalEvent))
            arrivalEvent = new BlockArrival(this);
        arrivalEvent.From = from;
        arrivalEvent.Bytes = bytes;
        arrivalEvent.Blocks.AddRange(blocks);
        time.At(arrival, arrivalEvent);
    }

    /// <summary>Ends a machine's turn. Messages of other machines do not share its event.</summary>
    public void EndTurn() => _filling = null;

    private readonly record struct Message(Link To, MessageBatch Batch, int Bytes);

    private sealed class MessageArrival(Transit transit) : ScheduledEvent
    {
        public List<Message> Messages { get; } = [];

        public override void Execute()
        {
            foreach (Message message in Messages)
                message.To.Arrived(message.Batch, message.Bytes);
            Messages.Clear();
            transit._messageArrivals.Push(this);
        }
    }

    private sealed class BlockArrival(Transit transit) : ScheduledEvent
    {
        public Link? From { get; set; }

        public int Bytes { get; set; }

        public List<BlockAddress> Blocks { get; } = [];

        public override void Execute()
        {
            From!.BlocksArrived(CollectionsMarshal.AsSpan(Blocks), Bytes);
            From = null;
            Blocks.Clear();
            transit._blockArrivals.Push(this);
        }
    }
}
