using System.Runtime.InteropServices;
using TorrentPS.Engine.Peers;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Simulation.Links;

/// <summary>
/// The messages and blocks in flight. Messages sent in one turn that arrive at the same time share one event. All
/// objects are reused, as a large swarm sends a million <c>have</c> messages per minute.
/// </summary>
internal sealed class Post(Timeline time)
{
    private readonly Stack<MessageBatch> _batches = new();
    private readonly Stack<Parcel> _parcels = new();
    private readonly Stack<BlockParcel> _blockParcels = new();
    private Parcel? _filling;
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
            if (!_parcels.TryPop(out _filling))
                _filling = new Parcel(this);
            _fillingArrival = arrival;
            time.At(arrival, _filling);
        }

        _filling.Letters.Add(new Letter(to, batch, bytes));
    }

    /// <summary>Sends blocks from one side of a connection, to be received completely at a time in ticks.</summary>
    public void SendBlocks(Link from, ReadOnlySpan<BlockAddress> blocks, int bytes, long arrival)
    {
        if (!_blockParcels.TryPop(out BlockParcel? parcel))
            parcel = new BlockParcel(this);
        parcel.From = from;
        parcel.Bytes = bytes;
        parcel.Blocks.AddRange(blocks);
        time.At(arrival, parcel);
    }

    /// <summary>Ends a machine's turn. Messages of other machines do not share its event.</summary>
    public void EndTurn() => _filling = null;

    private readonly record struct Letter(Link To, MessageBatch Batch, int Bytes);

    private sealed class Parcel(Post post) : Occurrence
    {
        public List<Letter> Letters { get; } = [];

        public override void Happen()
        {
            foreach (Letter letter in Letters)
                letter.To.Arrived(letter.Batch, letter.Bytes);
            Letters.Clear();
            post._parcels.Push(this);
        }
    }

    private sealed class BlockParcel(Post post) : Occurrence
    {
        public Link? From { get; set; }

        public int Bytes { get; set; }

        public List<BlockAddress> Blocks { get; } = [];

        public override void Happen()
        {
            From!.BlocksArrived(CollectionsMarshal.AsSpan(Blocks), Bytes);
            From = null;
            Blocks.Clear();
            post._blockParcels.Push(this);
        }
    }
}
