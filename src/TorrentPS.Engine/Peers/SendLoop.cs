using System.Buffers;
using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using TorrentPS.Engine.Runtime;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Peers;

/// <summary>
/// Sends small messages first, then blocks. A block is read only once its quota is there; blocks that follow each other in the content
/// come with one scatter read into a buffer that already holds their headers, and leave with one send.
/// </summary>
internal sealed class SendLoop
{
    private const int HeaderLength = 13;

    /// <summary>How many blocks leave at once at most.</summary>
    private const int BlocksPerSend = 15;

    /// <summary>
    /// A send that took longer was too much at once for the link: a request that is made meanwhile waits until all of it is with the
    /// system.
    /// </summary>
    private static readonly TimeSpan s_longSend = TimeSpan.FromMilliseconds(100);

    /// <summary>Room for that many whole blocks: just under 256 KiB, what the array pool keeps.</summary>
    private const int BufferLength = BlocksPerSend * (HeaderLength + TorrentGeometry.BlockLength);

    private readonly Socket _socket;
    private readonly SendQueue _queue;
    private readonly Signal _flush;
    private readonly PeerContext _context;
    private readonly RateLimit _upload;
    private readonly CancellationToken _closing;
    private readonly BlockAddress[] _taken = new BlockAddress[BlocksPerSend];
    private readonly List<Memory<byte>> _slots = new(BlocksPerSend);
    private byte[]? _buffer;

    /// <summary>A wait for a flush that began beside the wait for quota, and goes on.</summary>
    private Task? _flushed;
    private int _blocksPerSend = BlocksPerSend;
    private long _sent;
    private long _payloadSent;

    public SendLoop(Socket socket, SendQueue queue, Signal flush, PeerContext context, RateLimit upload, CancellationToken closing)
    {
        _socket = socket;
        _queue = queue;
        _flush = flush;
        _context = context;
        _upload = upload;
        _closing = closing;
    }

    /// <summary>All bytes sent.</summary>
    public long Sent => Volatile.Read(ref _sent);

    /// <summary>Content bytes sent.</summary>
    public long PayloadSent => Volatile.Read(ref _payloadSent);

    /// <summary>Runs until the connection is closed.</summary>
    /// <exception cref="StorageException">The content can't be read.</exception>
    public async Task RunAsync()
    {
        try
        {
            while (true)
            {
                await WaitForFlushAsync();
                while (await SendControlAsync() | await SendBlocksAsync())
                {
                    // As long as the loop is faster than the socket there is more.
                }

                _closing.ThrowIfCancellationRequested();
                ReturnBuffer();
            }
        }
        finally
        {
            ReturnBuffer();
        }
    }

    private async ValueTask<bool> SendControlAsync()
    {
        ReadOnlyMemory<byte> control = _queue.TakeControl();
        if (control.IsEmpty)
            return false;
        await SendAllAsync(control);
        return true;
    }

    private async ValueTask<bool> SendBlocksAsync()
    {
        bool limited = _upload.IsLimited;
        int count = _queue.TakeBlocks(_taken.AsSpan(0, limited ? 1 : _blocksPerSend), BlocksPerSend * TorrentGeometry.BlockLength);
        if (count == 0)
            return false;
        int payload = 0;
        for (int i = 0; i < count; i++)
            payload += _taken[i].Length;

        await WaitForQuotaAsync(payload);
        int length = ReadBlocks(_taken.AsSpan(0, count), payload);
        long began = Stopwatch.GetTimestamp();
        await SendAllAsync(_buffer.AsMemory(0, length));
        _blocksPerSend = Stopwatch.GetElapsedTime(began) > s_longSend ? Math.Max(1, _blocksPerSend / 2) : Math.Min(BlocksPerSend, _blocksPerSend + 1);
        Volatile.Write(ref _payloadSent, _payloadSent + payload);
        return true;
    }

    /// <summary>Waits until the blocks may leave; small messages go out meanwhile: what we ask for must not wait for what we give.</summary>
    private async ValueTask WaitForQuotaAsync(int payload)
    {
        ValueTask quota = _upload.PassAsync(payload, _closing);
        if (quota.IsCompletedSuccessfully)
            return;
        Task waiting = quota.AsTask();
        while (!waiting.IsCompleted)
        {
            _flushed ??= _flush.WaitAsync().AsTask();
            if (await Task.WhenAny(waiting, _flushed) == waiting)
                break;
            _flushed = null;
            await SendControlAsync();
        }

        await waiting;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WaitForFlushAsync()
    {
        if (_flushed is not { } begun)
        {
            await _flush.WaitAsync();
            return;
        }

        _flushed = null;
        await begun;
    }

    /// <summary>Lays out headers and reads the data between them.</summary>
    private int ReadBlocks(ReadOnlySpan<BlockAddress> blocks, int payload)
    {
        int needed = payload + (blocks.Length * HeaderLength);
        if (_buffer is null || _buffer.Length < needed)
        {
            ReturnBuffer();
            _buffer = ArrayPool<byte>.Shared.Rent(Math.Max(needed, BufferLength));
        }

        // Peers get blocks only when the content is known.
        TorrentGeometry geometry = _context.Content!.Geometry;
        int length = 0;
        long runStart = 0, runEnd = -1;
        foreach (BlockAddress block in blocks)
        {
            long offset = geometry.OffsetOf(block.Piece) + block.Begin;
            if (offset != runEnd)
            {
                ReadRun(runStart);
                runStart = offset;
            }

            length += PeerMessageWriter.WritePieceHeader(_buffer.AsSpan(length), block);
            _slots.Add(_buffer.AsMemory(length, block.Length));
            length += block.Length;
            runEnd = offset + block.Length;
        }

        ReadRun(runStart);
        return length;
    }

    private void ReadRun(long offset)
    {
        if (_slots.Count == 0)
            return;
        try
        {
            _context.Content!.Reader.Read(offset, _slots);
        }
        finally
        {
            _slots.Clear();
        }
    }

    private async ValueTask SendAllAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int count = await _socket.SendAsync(bytes, SocketFlags.None, _closing);
            Volatile.Write(ref _sent, _sent + count);
            bytes = bytes[count..];
        }
    }

    private void ReturnBuffer()
    {
        if (_buffer is null)
            return;
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = null;
    }
}
