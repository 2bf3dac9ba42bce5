using System.Net.Sockets;
using System.Runtime.CompilerServices;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Storage.Files;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.WebSeeds;

/// <summary>
/// Fetches requested blocks from a web server, and posts them to the swarm loop like the messages of a peer.
/// Consecutive blocks are fetched as one range. After a failure, the loop posts one choke, and one reject for each
/// requested block. Later it posts an unchoke. The block pool, unhandled batches and the rate limit can hold the loop
/// back.
/// </summary>
internal sealed class FetchLoop
{
    /// <summary>
    /// Number of messages at which a batch is posted. This is about the number of blocks in the largest read of a
    /// receive loop.
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
    private RangeBody? _body;
    private int _file = -1;
    private long _received;
    private volatile bool _isWaiting;

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

    /// <summary>The requested blocks. A caller that adds blocks must then set <see cref="Wake"/>.</summary>
    public RangeRequestQueue Requests { get; }

    /// <summary>Wakes the loop after blocks were requested or the link was closed.</summary>
    public Signal Wake { get; } = new();

    /// <summary>
    /// Whether this client itself delays the loop: the loop handles received data, or waits for the block pool, an
    /// empty batch or the rate limit. False while the loop waits for the server, for requests or for the end of a
    /// back-off.
    /// </summary>
    public bool IsHeldBack => !_isWaiting;

    /// <summary>
    /// Bytes of content received. If the server sent the whole file, this includes the discarded bytes from before the
    /// requested range.
    /// </summary>
    public long Received => Volatile.Read(ref _received);

    public void Recycle(MessageBatch batch) => _batches.Return(batch);

    /// <summary>Runs the loop until the link closes or the server has failed too often.</summary>
    /// <exception cref="WebSeedException">The server has failed too often, or cannot serve the torrent.</exception>
    /// <exception cref="OperationCanceledException">The link closed.</exception>
    public async Task RunAsync()
    {
        _content.Reset();
        await AddMessageAsync(
            _content.Pieces.IsComplete ? new PeerEvent { Id = PeerMessageId.HaveAll } : CreateBitfield());
        await AddMessageAsync(new PeerEvent { Id = PeerMessageId.Unchoke });
        Post();
        while (true)
        {
            if (!Requests.TryBeginRange(out long offset, out long length))
            {
                _isWaiting = true;
                await Wake.WaitAsync();
                _isWaiting = false;
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
    /// Releases the blocks that were not posted to the swarm loop, and closes the response. Must be called once, after
    /// the loop has ended.
    /// </summary>
    public void Release()
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

    /// <summary>
    /// Fetches a range of the content, file by file. Stops early if all remaining blocks of the range are cancelled.
    /// </summary>
    private async Task FetchAsync(long offset, long length)
    {
        _filled = 0;
        foreach (ContentSection section in _content.Sections(offset, length))
        {
            if (section.IsPadding)
                await FillAsync(null, section.Length);
            else
                await FetchAsync(section);
            if (Requests.IsRangeCancelled)
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
        if (!Requests.IsRangeCancelled)
            await body.EndAsync();
        CloseBody();
    }

    /// <summary>
    /// Returns a response body from which a section of a file can be read. The open body is used again if it belongs to
    /// the same file and is at most <see cref="RangeClient.MaxSkipped"/> bytes before the section. Otherwise a new
    /// request is sent.
    /// </summary>
    private async Task<RangeBody> OpenAsync(ContentSection section)
    {
        if (_body is { } open && _file == section.File
            && section.FileOffset - open.Position is >= 0 and <= RangeClient.MaxSkipped)
            return open;
        CloseBody();
        _file = section.File;

        // Blocks that have arrived should not wait for the server.
        Post();
        _isWaiting = true;
        Uri url = _content.UrlOf(section.File) ?? throw new WebSeedException(
            WebSeedError.NoFile, "The file's path can't be written as a URL.");
        _body = await _client.GetAsync(url, section.FileOffset, section.Length, _content.LengthOf(section.File));
        _isWaiting = false;
        return _body;
    }

    private async Task SkipAsync(RangeBody body, long length)
    {
        while (length > 0)
        {
            // A block may be partly filled. The skipped bytes go behind its data and are overwritten.
            Memory<byte> destination = (await GetBlockAsync()).Memory[_filled..];
            int count = await ReadAsync(body, destination[..(int)Math.Min(length, destination.Length)]);
            length -= count;
            await WaitForRateLimitAsync(count);
        }
    }

    /// <summary>
    /// Fills the blocks of the range from the body. If <paramref name="body"/> is null, the section is padding, and the
    /// blocks are filled with zeros.
    /// </summary>
    private async Task FillAsync(RangeBody? body, long length)
    {
        while (length > 0 && !Requests.IsRangeCancelled)
        {
            BlockAddress block = Requests.Current;
            Memory<byte> destination = (await GetBlockAsync()).Memory[_filled..block.Length];
            if (destination.Length > length)
                destination = destination[..(int)length];
            int count = destination.Length;
            if (body is null)
                destination.Span.Clear();
            else
                count = await ReadAsync(body, destination);
            _filled += count;
            length -= count;
            if (_filled == block.Length)
                await AddBlockAsync(block);
            if (body is not null)
                await WaitForRateLimitAsync(count);
        }
    }

    /// <summary>Returns the block that is being filled. If there is none, rents one from the block pool.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Block> GetBlockAsync()
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
    private async ValueTask<int> ReadAsync(RangeBody body, Memory<byte> destination)
    {
        ValueTask<int> reading = body.BeginRead(destination);
        if (!reading.IsCompleted)
        {
            // Blocks that have arrived should not wait for the read. Post may run a turn of the swarm loop on this
            // thread.
            Post();
            _isWaiting = true;
        }

        int count = await reading;
        _isWaiting = false;
        body.EndRead(count);
        Volatile.Write(ref _received, _received + count);
        return count;
    }

    private ValueTask WaitForRateLimitAsync(int count)
    {
        ValueTask waiting = _context.Download.PassAsync(count, _closing);
        if (!waiting.IsCompleted)
            Post();
        return waiting;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask AddBlockAsync(BlockAddress block)
    {
        _filled = 0;
        _backoff.OnSuccess();

        // The memory of a cancelled block is used for the next one.
        if (!Requests.RemoveCurrent())
            return;
        MessageBatch batch = await GetBatchAsync();
        batch.Add(new PeerEvent { Id = PeerMessageId.Piece, Address = block, Block = _block });
        _block = null;
        if (batch.Count >= MaxBatchBlocks)
            Post();
    }

    /// <summary>
    /// Handles a failure: rejects all requested blocks. If the failure concerns one file, the pieces of that file are
    /// no longer offered. In other cases, or if no piece is left to offer, the loop waits before the next request.
    /// </summary>
    /// <exception cref="WebSeedException">The server has failed too often, or cannot serve the torrent.</exception>
    private async Task RecoverAsync(WebSeedException failure)
    {
        CloseBody();
        _isWaiting = false;
        await AddMessageAsync(new PeerEvent { Id = PeerMessageId.Choke });
        await RejectAllAsync();
        bool concernsFile = failure.Error == WebSeedError.NoFile;
        if (concernsFile)
            _content.RemoveFile(_file);
        if (!concernsFile || _content.Pieces.Count == 0)
        {
            TimeSpan pause = _backoff.OnFailure(failure) ?? throw failure;
            Post();
            _isWaiting = true;
            await Task.Delay(pause, _context.Time, _closing);
            _isWaiting = false;
            await RejectAllAsync();
            if (concernsFile)
                _content.Reset();
        }

        if (concernsFile)
            await AddMessageAsync(CreateBitfield());
        await AddMessageAsync(new PeerEvent { Id = PeerMessageId.Unchoke });
        Post();
    }

    private async Task RejectAllAsync()
    {
        Requests.RemoveAll(_rejected);
        foreach (BlockAddress block in _rejected)
            await AddMessageAsync(new PeerEvent { Id = PeerMessageId.Reject, Address = block });
        _rejected.Clear();
    }

    private PeerEvent CreateBitfield() =>
        new() { Id = PeerMessageId.Bitfield, Body = _content.Pieces.Bytes.ToArray() };

    private async ValueTask AddMessageAsync(PeerEvent message) => (await GetBatchAsync()).Add(message);

    /// <summary>Returns the batch that is being filled. If there is none, takes one from the pool of batches.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<MessageBatch> GetBatchAsync() => _batch ??= await _batches.TakeAsync(_closing);

    private void Post()
    {
        if (_batch is not { Count: > 0 } full)
            return;
        _batch = null;
        _context.Events.Received(_source, full);
    }

    private void CloseBody()
    {
        _body?.Dispose();
        _body = null;
    }
}
