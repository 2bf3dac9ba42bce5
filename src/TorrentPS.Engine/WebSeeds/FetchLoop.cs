using System.Net.Sockets;
using System.Runtime.CompilerServices;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Storage.Files;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.WebSeeds;

/// <summary>
/// Fetches requested blocks from a web server and posts them to the swarm loop, like the messages of a peer that has
/// all pieces and has unchoked this client. Consecutive blocks are fetched as one range. When the server fails, the
/// loop posts a choke and a reject for each request, and an unchoke after a wait. Like a receive loop, it is held
/// back by the block pool, by unhandled batches and by the rate limit.
/// </summary>
internal sealed class FetchLoop
{
    /// <summary>
    /// Number of messages at which a batch is posted. The largest read of a receive loop contains about as many blocks.
    /// </summary>
    private const int MaxBatchBlocks = 16;

    private readonly IBlockSource _source;
    private readonly PeerContext _context;
    private readonly WebSeedContent _content;
    private readonly RangeClient _client;
    private readonly WebSeedBackoff _backoff;
    private readonly CancellationToken _closing;
    private readonly BatchPool _batches = new();
    private readonly List<BlockAddress> _rejected = [];
    private MessageBatch? _batch;
    private Block? _block;
    private int _filled;
    private RangeBody? _open;
    private int _file = -1;
    private long _received;
    private volatile bool _isListening;

    public FetchLoop(
        IBlockSource source,
        PeerContext context,
        WebSeedContent content,
        RangeClient client,
        WebSeedBackoff backoff,
        CancellationToken closing)
    {
        _source = source;
        _context = context;
        _content = content;
        _client = client;
        _backoff = backoff;
        _closing = closing;
        Requests = new RangeRequestQueue(content.OffsetOf);
    }

    /// <summary>The requested blocks. A caller that adds blocks must set <see cref="Wake"/> afterwards.</summary>
    public RangeRequestQueue Requests { get; }

    /// <summary>The signal that wakes the loop after blocks were requested or the link was closed.</summary>
    public Signal Wake { get; } = new();

    /// <summary>
    /// Whether the loop is doing anything else than waiting for the server: it is idle, handles data, or waits for
    /// the block pool, a batch, the rate limit or the end of a back-off.
    /// </summary>
    public bool IsHeldBack => !_isListening;

    /// <summary>Bytes of content received.</summary>
    public long Received => Volatile.Read(ref _received);

    /// <summary>Gives a handled batch back to this loop for reuse.</summary>
    public void Recycle(MessageBatch batch) => _batches.Return(batch);

    /// <summary>Runs the loop until the link closes or the server has failed too often.</summary>
    /// <exception cref="WebSeedException">The server has failed too often, or can't serve the torrent.</exception>
    /// <exception cref="OperationCanceledException">The link closed.</exception>
    public async Task RunAsync()
    {
        _content.Reset();
        await AddAsync(_content.Pieces.IsComplete ? new PeerEvent { Id = PeerMessageId.HaveAll } : BitfieldMessage());
        await AddAsync(new PeerEvent { Id = PeerMessageId.Unchoke });
        Post();
        while (true)
        {
            if (!Requests.TryBegin(out long offset, out long length))
            {
                await Wake.WaitAsync();
                _closing.ThrowIfCancellationRequested();
                continue;
            }

            try
            {
                await FetchAsync(offset, length);
                Post();
            }
            catch (Exception error) when (!_closing.IsCancellationRequested && ToWebSeedException(error) is { } failure)
            {
                await RecoverAsync(failure);
            }
        }
    }

    /// <summary>
    /// Gives the blocks that were not posted back to the block pool, and closes the response. Must be called once,
    /// after the loop has ended.
    /// </summary>
    public void ReturnAll()
    {
        CloseBody();
        if (_block is not null)
            _context.Blocks.Return(_block);
        for (int i = 0; i < _batch?.Count; i++)
        {
            if (_batch[i].Block is { } block)
                _context.Blocks.Return(block);
        }
    }

    /// <summary>
    /// Converts an error of the server or the network to a <see cref="WebSeedException"/>. Returns null for any other
    /// error.
    /// </summary>
    private static WebSeedException? ToWebSeedException(Exception error) => error switch
    {
        WebSeedException known => known,
        HttpRequestException { InnerException: WebSeedException known } => known,
        OperationCanceledException => new WebSeedException(
            WebSeedError.Unreachable,
            $"The server sent nothing for {RangeClient.ReadTimeout.TotalSeconds:0} s.",
            inner: error),
        HttpRequestException { InnerException: { } cause } => new WebSeedException(
            WebSeedError.Unreachable, cause.Message, inner: error),
        HttpRequestException or IOException or SocketException => new WebSeedException(
            WebSeedError.Unreachable, error.Message, inner: error),
        _ => null,
    };

    /// <summary>Fetches a range of the content, file by file. Stops early if all its blocks are cancelled.</summary>
    private async Task FetchAsync(long offset, long length)
    {
        _filled = 0;
        foreach (ContentSection section in _content.Sections(offset, length))
        {
            if (section.IsPadding)
                await FillAsync(null, section.Length);
            else
                await FetchAsync(section);
            if (Requests.IsAbandoned)
                return;
        }
    }

    private async Task FetchAsync(ContentSection section)
    {
        RangeBody body = await OpenAsync(section);
        await SkipAsync(body, section.FileOffset - body.Position);
        await FillAsync(body, section.Length);
        if (body.IsWhole)
            return;
        if (!Requests.IsAbandoned)
            await body.EndAsync();
        CloseBody();
    }

    /// <summary>
    /// Returns a response body from which a section of a file can be read. The open body is used again if it is of the
    /// same file and its position is at most <see cref="RangeClient.MaxSkipped"/> bytes before the section. Otherwise a
    /// new request is sent.
    /// </summary>
    private async Task<RangeBody> OpenAsync(ContentSection section)
    {
        if (_open is { } open && _file == section.File
            && section.FileOffset - open.Position is >= 0 and <= RangeClient.MaxSkipped)
            return open;
        CloseBody();
        _file = section.File;

        // Blocks that have arrived should not wait for the server.
        Post();
        _isListening = true;
        Uri url = _content.UrlOf(section.File) ?? throw new WebSeedException(
            WebSeedError.NoFile, "The file's path can't be written as a URL.");
        _open = await _client.GetAsync(url, section.FileOffset, section.Length, _content.LengthOf(section.File));
        _isListening = false;
        return _open;
    }

    /// <summary>Reads and discards the bytes before the section.</summary>
    private async Task SkipAsync(RangeBody body, long length)
    {
        while (length > 0)
        {
            // A block may be partly filled. The skipped bytes go behind its data and are overwritten.
            Memory<byte> room = (await BlockAsync()).Memory[_filled..];
            int count = await ReadAsync(body, room[..(int)Math.Min(length, room.Length)]);
            length -= count;
            await ChargeAsync(count);
        }
    }

    /// <summary>
    /// Fills the blocks of the range from the body, or with zeros if <paramref name="body"/> is null.
    /// </summary>
    private async Task FillAsync(RangeBody? body, long length)
    {
        while (length > 0 && !Requests.IsAbandoned)
        {
            BlockAddress block = Requests.Current;
            Memory<byte> room = (await BlockAsync()).Memory[_filled..block.Length];
            if (room.Length > length)
                room = room[..(int)length];
            int count = room.Length;
            if (body is null)
                room.Span.Clear();
            else
                count = await ReadAsync(body, room);
            _filled += count;
            length -= count;
            if (_filled == block.Length)
                await DeliverAsync(block);
            if (body is not null)
                await ChargeAsync(count);
        }
    }

    /// <summary>Returns the block that is being filled, and rents one from the block pool if there is none.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Block> BlockAsync()
    {
        _block ??= _context.Blocks.TryRent();
        if (_block is null)
        {
            Post();
            _block = await _context.Blocks.RentAsync(_closing);
        }

        return _block;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReadAsync(RangeBody body, Memory<byte> room)
    {
        ValueTask<int> reading = body.BeginRead(room);
        if (!reading.IsCompleted)
        {
            // Blocks that have arrived should not wait for the read. Post may run a turn of the swarm loop on this
            // thread.
            Post();
            _isListening = true;
        }

        int count = await reading;
        _isListening = false;
        body.EndRead(count);
        Volatile.Write(ref _received, _received + count);
        return count;
    }

    private ValueTask ChargeAsync(int count)
    {
        ValueTask passing = _context.Download.PassAsync(count, _closing);
        if (!passing.IsCompleted)
            Post();
        return passing;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask DeliverAsync(BlockAddress block)
    {
        _filled = 0;
        _backoff.OnSuccess();

        // The memory of a cancelled block is used for the next one.
        if (!Requests.Next())
            return;
        MessageBatch batch = await BatchAsync();
        batch.Add(new PeerEvent { Id = PeerMessageId.Piece, Address = block, Block = _block });
        _block = null;
        if (batch.Count >= MaxBatchBlocks)
            Post();
    }

    /// <summary>
    /// Rejects all requested blocks after a failure. If the failure concerns one file, the pieces of that file are no
    /// longer offered. If it doesn't, or if no piece is left to offer, the loop waits before the next request.
    /// </summary>
    /// <exception cref="WebSeedException">The server has failed too often, or can't serve the torrent.</exception>
    private async Task RecoverAsync(WebSeedException failure)
    {
        CloseBody();
        _isListening = false;
        await AddAsync(new PeerEvent { Id = PeerMessageId.Choke });
        await RejectAllAsync();
        bool isAboutFile = failure.Error == WebSeedError.NoFile;
        if (isAboutFile)
            _content.MarkMissing(_file);
        if (!isAboutFile || _content.Pieces.Count == 0)
        {
            TimeSpan pause = _backoff.OnFailure(failure) ?? throw failure;
            Post();
            await Task.Delay(pause, _context.Time, _closing);
            await RejectAllAsync();
            if (isAboutFile)
                _content.Reset();
        }

        if (isAboutFile)
            await AddAsync(BitfieldMessage());
        await AddAsync(new PeerEvent { Id = PeerMessageId.Unchoke });
        Post();
    }

    /// <summary>Rejects all requested blocks.</summary>
    private async Task RejectAllAsync()
    {
        Requests.TakeAll(_rejected);
        foreach (BlockAddress block in _rejected)
            await AddAsync(new PeerEvent { Id = PeerMessageId.Reject, Address = block });
        _rejected.Clear();
    }

    private PeerEvent BitfieldMessage(
        ) => new() { Id = PeerMessageId.Bitfield, Body = _content.Pieces.Bytes.ToArray() };

    /// <summary>Adds a message to the batch, which <see cref="Post"/> posts to the swarm loop.</summary>
    private async ValueTask AddAsync(PeerEvent message) => (await BatchAsync()).Add(message);

    /// <summary>
    /// Returns the batch that is being filled, and takes one from the pool of batches if there is none.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<MessageBatch> BatchAsync() => _batch ??= await _batches.TakeAsync(_closing);

    private void Post()
    {
        if (_batch is not { Count: > 0 } full)
            return;
        _batch = null;
        _context.Events.Received(_source, full);
    }

    private void CloseBody()
    {
        _open?.Dispose();
        _open = null;
    }
}
