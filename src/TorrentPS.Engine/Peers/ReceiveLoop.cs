using System.Buffers;
using System.Runtime.CompilerServices;
using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Transport;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Peers;

/// <summary>
/// Reads from the stream into a buffer and parses messages in place. Copies the data of each received block once, into
/// a block of the block pool. Usually posts one batch per read. The loop waits for a free block, for an empty batch and
/// for the rate limit. If the peer lacks the Fast extension (BEP 6), the loop also waits while the queue of the peer's
/// requests is full.
/// </summary>
internal sealed class ReceiveLoop
{
    /// <summary>Initial buffer size in bytes. Most connections transfer little.</summary>
    private const int SmallBuffer = 16 * 1024;

    /// <summary>
    /// Size in bytes up to which the buffer grows when reads fill it. A buffer of this size has room for 15 blocks with
    /// their message headers.
    /// </summary>
    private const int LargeBuffer = 256 * 1024;

    /// <summary>
    /// Maximum number of messages in a batch. Without this limit, a buffer full of have messages would become a batch
    /// of 29,000 messages. The batches of other peers would wait long for the swarm loop.
    /// </summary>
    private const int MaxBatchLength = 256;

    /// <summary>
    /// Total length in bytes of the bitfields and extended messages at which a batch is full. It equals the maximum
    /// length of one extended message. The limit bounds the memory of the four batches that each connection has.
    /// </summary>
    private const int MaxBatchBodies = 64 * 1024;

    private readonly IBlockSource _source;
    private readonly PeerStream _stream;
    private readonly PeerContext _context;
    private readonly SendQueue? _requests;
    private readonly CancellationToken _closing;
    private readonly int _maxFrame;
    private readonly BatchPool _batches = new();
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(SmallBuffer);
    private int _start;
    private int _end;
    private Block? _spare;
    private MessageBatch? _batch;
    private long _received;
    private volatile bool _isListening;

    /// <param name="source">The connection, whose messages are posted.</param>
    /// <param name="stream">The stream to read from.</param>
    /// <param name="context">The objects that all connections of the torrent share.</param>
    /// <param name="requests">
    /// The request queue of a peer without the Fast extension (BEP 6). While the queue is full, the loop reads no
    /// further requests. Null for a peer with the extension, because the swarm loop can reject its requests.
    /// </param>
    /// <param name="closing">Cancels the loop.</param>
    public ReceiveLoop(
        IBlockSource source, PeerStream stream, PeerContext context, SendQueue? requests, CancellationToken closing)
    {
        _source = source;
        _stream = stream;
        _context = context;
        _requests = requests;
        _closing = closing;

        // Without metadata the piece count is unknown, so that the largest bitfield must fit.
        _maxFrame = PeerMessageReader.MaxFrameLength(
            context.Content?.Geometry.PieceCount ?? MetainfoLimits.Default.MaxPieces);
    }

    /// <summary>
    /// Whether this client itself delays reading from the stream: the loop handles received data, or waits for the
    /// block pool, an empty batch or the rate limit. The time-outs of requests to the peer don't run meanwhile. A wait
    /// for room in the request queue doesn't count: otherwise a peer could prevent the time-outs by filling that queue.
    /// </summary>
    public bool IsHeldBack => !_isListening;

    public long Received => Volatile.Read(ref _received);

    /// <summary>Runs the loop until the peer closes the connection.</summary>
    /// <exception cref="WireException">The peer sent a malformed message.</exception>
    public async Task RunAsync()
    {
        if (_end > 0)
            await DeliverAsync();
        while (true)
        {
            int room = MakeRoom();
            if (_context.Download.IsLimited)
                room = Math.Min(room, RateLimit.Quantum);
            _isListening = true;
            int count = await _stream.ReceiveAsync(_buffer.AsMemory(_end, room), _closing);
            _isListening = false;
            if (count == 0)
                return;
            _end += count;
            Volatile.Write(ref _received, _received + count);
            await DeliverAsync();

            // A read that fills a small buffer suggests that more data is waiting, so the next read may be larger.
            if (count == room && _buffer.Length < LargeBuffer && !_context.Download.IsLimited)
                Resize(Math.Min(LargeBuffer, _buffer.Length * 4));

            await _context.Download.PassAsync(count, _closing);
        }
    }

    public void Recycle(MessageBatch batch)
    {
        _context.Blocks.Release(batch.BodyBytes);
        _batches.Return(batch);
    }

    /// <summary>
    /// Gives the blocks that were not posted back to the block pool, and the buffer back to the array pool. Must be
    /// called once, after the loop has ended.
    /// </summary>
    public void ReturnAll()
    {
        if (_spare is not null)
            _context.Blocks.Return(_spare);
        _context.Blocks.Release(_batch?.BodyBytes ?? 0);
        for (int i = 0; i < _batch?.Count; i++)
        {
            if (_batch[i].Block is { } block)
                _context.Blocks.Return(block);
        }

        ArrayPool<byte>.Shared.Return(_buffer);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask DeliverAsync()
    {
        while (true)
        {
            _batch ??= await _batches.TakeAsync(_closing);
            ParseStop stop = Parse(_batch);
            if (_batch.Count > 0)
            {
                MessageBatch full = _batch;
                _batch = null;
                _context.Events.Received(_source, full);
            }

            if (stop == ParseStop.NeedBytes)
                return;
            if (stop == ParseStop.NeedBlock)
                _spare = await _context.Blocks.RentAsync(_closing);
            if (stop == ParseStop.NeedMemory)
                _context.Blocks.Return(await _context.Blocks.RentAsync(_closing));
            if (stop == ParseStop.NeedRoom)
                await WaitForRoomAsync();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WaitForRoomAsync()
    {
        _isListening = true;
        await _requests!.WaitForRoomAsync(_closing);
        _isListening = false;
    }

    private ParseStop Parse(MessageBatch batch)
    {
        int room = _requests?.Room ?? int.MaxValue;
        while (batch.Count < MaxBatchLength && batch.BodyBytes < MaxBatchBodies)
        {
            ReadOnlySpan<byte> unread = _buffer.AsSpan(_start, _end - _start);
            FrameResult result = PeerMessageReader.TryRead(
                unread, _maxFrame, out PeerMessage message, out int consumed);
            if (result == FrameResult.Incomplete)
                return ParseStop.NeedBytes;

            Block? block = null;
            byte[]? body = null;
            switch (message.Id)
            {
                case PeerMessageId.Piece:
                    if (message.Length > TorrentGeometry.BlockLength)
                    {
                        throw new WireException(
                            WireError.FrameTooLong, $"A block of {message.Length} bytes is longer than any request.");
                    }

                    block = _spare ?? _context.Blocks.TryRent();
                    if (block is null)
                        return ParseStop.NeedBlock;
                    _spare = null;
                    message.Payload.CopyTo(block.Span);
                    break;
                case PeerMessageId.Request when room-- == 0:
                    return ParseStop.NeedRoom;
                case PeerMessageId.Bitfield or PeerMessageId.Extended:
                    if (!_context.Blocks.TryReserve(message.Payload.Length))
                        return ParseStop.NeedMemory;
                    body = message.Payload.ToArray();
                    break;
            }

            batch.Add(new PeerEvent
            {
                Id = message.Id,
                ExtendedId = message.ExtendedId,
                Port = message.Port,
                Address = message.Block,
                Block = block,
                Body = body,
            });
            _start += consumed;
        }

        return ParseStop.BatchFull;
    }

    private int MakeRoom()
    {
        int held = _end - _start;
        int required = PeerMessageReader.RequiredLength(_buffer.AsSpan(_start, held), _maxFrame);
        if (required > _buffer.Length)
        {
            Resize(required);
        }
        else if (held == 0)
        {
            _start = _end = 0;
        }
        else if (_start + required > _buffer.Length || _buffer.Length - _end < _buffer.Length / 2)
        {
            Buffer.BlockCopy(_buffer, _start, _buffer, 0, held);
            _start = 0;
            _end = held;
        }

        return _buffer.Length - _end;
    }

    private void Resize(int length)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(length);
        int held = _end - _start;
        Buffer.BlockCopy(_buffer, _start, larger, 0, held);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
        _start = 0;
        _end = held;
    }

    private enum ParseStop
    {
        NeedBytes,
        NeedBlock,
        NeedRoom,
        NeedMemory,
        BatchFull,
    }
}
