using System.Net.Sockets;
using System.Runtime.CompilerServices;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Storage.Files;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.WebSeeds;

/// <summary>
/// Speaks for a web server as a peer would: it has everything, serves us, and answers requests with blocks, which it fetches in ranges. A
/// server that fails chokes us, refuses what was asked of it, and serves us again after a pause. Held back as any receive pump is: by
/// an empty block pool, batches the loop has not handled yet, and the rate limit.
/// </summary>
internal sealed class FetchLoop
{
    /// <summary>How many blocks make a batch at most: as many as a receive pump's largest read.</summary>
    private const int MaxBatchBlocks = 16;

    private readonly IBlockSource _source;
    private readonly PeerContext _context;
    private readonly WebSeedContent _content;
    private readonly RangeClient _client;
    private readonly WebSeedBackoff _pause;
    private readonly CancellationToken _closing;
    private readonly BatchSupply _batches = new();
    private readonly List<BlockAddress> _refused = [];
    private MessageBatch? _batch;
    private Block? _block;
    private int _filled;
    private RangeBody? _open;
    private int _file = -1;
    private long _received;
    private volatile bool _isListening;

    public FetchLoop(IBlockSource source, PeerContext context, WebSeedContent content, RangeClient client, WebSeedBackoff pause, CancellationToken closing)
    {
        _source = source;
        _context = context;
        _content = content;
        _client = client;
        _pause = pause;
        _closing = closing;
        Requests = new RangeRequestQueue(content.OffsetOf);
    }

    /// <summary>What is asked of it; <see cref="Wake"/> after adding.</summary>
    public RangeRequestQueue Requests { get; }

    /// <summary>Set when something was asked for, or when it is to end.</summary>
    public Signal Wake { get; } = new();

    /// <summary>Whether the pump is busy with, or waits with, what came before, and so would not hear the server.</summary>
    public bool IsHeldBack => !_isListening;

    /// <summary>The content that came, in bytes.</summary>
    public long Received => Volatile.Read(ref _received);

    /// <summary>Takes a handled batch back.</summary>
    public void Recycle(MessageBatch batch) => _batches.Return(batch);

    /// <summary>Runs until it is cancelled.</summary>
    /// <exception cref="WebSeedException">The server is given up.</exception>
    public async Task RunAsync()
    {
        _content.Reset();
        await SayAsync(_content.Pieces.IsComplete ? new PeerEvent { Id = PeerMessageId.HaveAll } : Having());
        await SayAsync(new PeerEvent { Id = PeerMessageId.Unchoke });
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
            catch (Exception error) when (!_closing.IsCancellationRequested && Explain(error) is { } failure)
            {
                await RecoverAsync(failure);
            }
        }
    }

    /// <summary>After the pump has ended: gives back what it still holds.</summary>
    public void ReturnAll()
    {
        Drop();
        if (_block is not null)
            _context.Blocks.Return(_block);
        for (int i = 0; i < _batch?.Count; i++)
        {
            if (_batch[i].Block is { } block)
                _context.Blocks.Return(block);
        }
    }

    /// <summary>What is behind an error; null when it is none of the server's or the network's.</summary>
    private static WebSeedException? Explain(Exception error) => error switch
    {
        WebSeedException known => known,
        HttpRequestException { InnerException: WebSeedException known } => known,
        OperationCanceledException => new WebSeedException(
            WebSeedError.Unreachable, $"The server was silent for {RangeClient.ReadTimeout.TotalSeconds:0} s.", inner: error),
        HttpRequestException { InnerException: { } cause } => new WebSeedException(WebSeedError.Unreachable, cause.Message, inner: error),
        HttpRequestException or IOException or SocketException => new WebSeedException(WebSeedError.Unreachable, error.Message, inner: error),
        _ => null,
    };

    /// <summary>Fetches a run: a range of each file that it touches.</summary>
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
        Drop();
    }

    /// <summary>The body that gives a section: a new one, or that of a server without parts, which is open and goes on there.</summary>
    private async Task<RangeBody> OpenAsync(ContentSection section)
    {
        if (_open is { } open && _file == section.File && section.FileOffset - open.Position is >= 0 and <= RangeClient.MaxSkipped)
            return open;
        Drop();
        _file = section.File;

        // What is here is not to wait for the server.
        Post();
        _isListening = true;
        Uri url = _content.UrlOf(section.File) ?? throw new WebSeedException(WebSeedError.NoFile, "The file has no address.");
        _open = await _client.GetAsync(url, section.FileOffset, section.Length, _content.LengthOf(section.File));
        _isListening = false;
        return _open;
    }

    /// <summary>Reads what comes before the part that is wanted.</summary>
    private async Task SkipAsync(RangeBody body, long length)
    {
        while (length > 0)
        {
            // Between two blocks of a run the one that is begun is needed; what is skipped goes behind its bytes.
            Memory<byte> room = (await BlockAsync()).Memory[_filled..];
            int count = await ReadAsync(body, room[..(int)Math.Min(length, room.Length)]);
            length -= count;
            await ChargeAsync(count);
        }
    }

    /// <summary>Fills blocks of the run with what comes, or with zeros where there is padding.</summary>
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

    /// <summary>The block that is being filled.</summary>
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
            // What is here is not to wait for what is not. The loop's turn may run within: no more is held of it than the read.
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
        _pause.OnServed();

        // Memory that holds what nobody wants any more serves for the next block.
        if (!Requests.Next())
            return;
        MessageBatch batch = await BatchAsync();
        batch.Add(new PeerEvent { Id = PeerMessageId.Piece, Address = block, Block = _block });
        _block = null;
        if (batch.Count >= MaxBatchBlocks)
            Post();
    }

    /// <summary>Gets over a failure: by doing without the file, or by trying again later.</summary>
    /// <exception cref="WebSeedException">The server is given up.</exception>
    private async Task RecoverAsync(WebSeedException failure)
    {
        Drop();
        _isListening = false;
        await SayAsync(new PeerEvent { Id = PeerMessageId.Choke });
        await RefuseAsync();
        bool isAboutFile = failure.Error == WebSeedError.NoFile;
        if (isAboutFile)
            _content.Lack(_file);
        if (!isAboutFile || _content.Pieces.Count == 0)
        {
            TimeSpan pause = _pause.OnFailure(failure) ?? throw failure;
            Post();
            await Task.Delay(pause, _context.Time, _closing);
            await RefuseAsync();
            if (isAboutFile)
                _content.Reset();
        }

        if (isAboutFile)
            await SayAsync(Having());
        await SayAsync(new PeerEvent { Id = PeerMessageId.Unchoke });
        Post();
    }

    /// <summary>Refuses all that was asked for.</summary>
    private async Task RefuseAsync()
    {
        Requests.TakeAll(_refused);
        foreach (BlockAddress block in _refused)
            await SayAsync(new PeerEvent { Id = PeerMessageId.Reject, Address = block });
        _refused.Clear();
    }

    private PeerEvent Having() => new() { Id = PeerMessageId.Bitfield, Body = _content.Pieces.Bytes.ToArray() };

    /// <summary>Says something to the loop at the next <see cref="Post"/>; nothing that owns memory.</summary>
    private async ValueTask SayAsync(PeerEvent message) => (await BatchAsync()).Add(message);

    /// <summary>The batch that is being filled.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<MessageBatch> BatchAsync() => _batch ??= await _batches.TakeAsync(_closing);

    private void Post()
    {
        if (_batch is not { Count: > 0 } full)
            return;
        _batch = null;
        _context.Events.Received(_source, full);
    }

    private void Drop()
    {
        _open?.Dispose();
        _open = null;
    }
}
