using System.Buffers;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Transport;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Peers;

/// <summary>
/// Sends the queued messages first, then queued blocks. Reads blocks from storage only when the rate limit allows them
/// to be sent. Blocks that are consecutive in the content are read with one scatter read, which puts each block behind
/// its message header in the send buffer. The whole buffer is then sent with one call.
/// </summary>
internal sealed class SendLoop
{
    /// <summary>
    /// Length in bytes of a piece message before its data: length prefix, id, piece index and offset.
    /// </summary>
    private const int HeaderLength = 13;

    /// <summary>
    /// Maximum number of blocks per send. With their headers, 15 blocks fit into a send buffer of 256 KiB, and 16
    /// don't.
    /// </summary>
    private const int BlocksPerSend = 15;

    /// <summary>
    /// Maximum intended duration of a send call. If a call takes longer, the next call sends half as many blocks. The
    /// time is short, because this client's own requests to the peer wait until the call has ended.
    /// </summary>
    private static readonly TimeSpan s_longSend = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Size in bytes of the send buffer. The size is just under 256 KiB, because the array pool rounds sizes up to a
    /// power of two.
    /// </summary>
    private const int BufferLength = BlocksPerSend * (HeaderLength + TorrentGeometry.BlockLength);

    private readonly PeerStream _stream;
    private readonly SendQueue _queue;
    private readonly Signal _flush;
    private readonly PeerContext _context;
    private readonly RateLimit _upload;
    private readonly CancellationToken _closing;
    private readonly BlockAddress[] _blocks = new BlockAddress[BlocksPerSend];
    private readonly List<Memory<byte>> _targets = new(BlocksPerSend);
    private byte[]? _buffer;

    /// <summary>
    /// An unfinished wait for a flush; null if there is none. The loop must continue this wait before it begins another
    /// one.
    /// </summary>
    private Task? _pendingFlush;
    private int _blocksPerSend = BlocksPerSend;
    private long _sent;
    private long _payloadSent;

    public SendLoop(
        PeerStream stream, SendQueue queue, Signal flush, PeerContext context, RateLimit upload, CancellationToken closing)
    {
        _stream = stream;
        _queue = queue;
        _flush = flush;
        _context = context;
        _upload = upload;
        _closing = closing;
    }

    public long Sent => Volatile.Read(ref _sent);

    /// <summary>Bytes of blocks sent, without message headers.</summary>
    public long PayloadSent => Volatile.Read(ref _payloadSent);

    /// <summary>Runs the loop until the connection closes.</summary>
    /// <exception cref="StorageException">A block can't be read.</exception>
    public async Task RunAsync()
    {
        try
        {
            while (true)
            {
                await WaitForFlushAsync();
                while (await SendControlAsync() | await SendBlocksAsync())
                {
                    // More may have been queued during the last send.
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
        int count = _queue.TakeBlocks(
            _blocks.AsSpan(0, limited ? 1 : _blocksPerSend), BlocksPerSend * TorrentGeometry.BlockLength);
        if (count == 0)
            return false;
        int payload = 0;
        for (int i = 0; i < count; i++)
            payload += _blocks[i].Length;

        await WaitForQuotaAsync(payload);
        int length = ReadBlocks(_blocks.AsSpan(0, count), payload);
        long began = Stopwatch.GetTimestamp();
        await SendAllAsync(_buffer.AsMemory(0, length));
        _blocksPerSend = Stopwatch.GetElapsedTime(began) > s_longSend
            ? Math.Max(1, _blocksPerSend / 2)
            : Math.Min(BlocksPerSend, _blocksPerSend + 1);
        Volatile.Write(ref _payloadSent, _payloadSent + payload);
        return true;
    }

    /// <summary>
    /// Waits until the rate limit allows the blocks to be sent. Sends messages that are queued during the wait at once,
    /// so that an upload limit doesn't delay this client's requests.
    /// </summary>
    private async ValueTask WaitForQuotaAsync(int payload)
    {
        ValueTask quota = _upload.PassAsync(payload, _closing);
        if (quota.IsCompletedSuccessfully)
            return;
        Task waiting = quota.AsTask();
        while (!waiting.IsCompleted)
        {
            _pendingFlush ??= _flush.WaitAsync().AsTask();
            if (await Task.WhenAny(waiting, _pendingFlush) == waiting)
                break;
            _pendingFlush = null;
            await SendControlAsync();
        }

        await waiting;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WaitForFlushAsync()
    {
        if (_pendingFlush is not { } wait)
        {
            await _flush.WaitAsync();
            return;
        }

        _pendingFlush = null;
        await wait;
    }

    /// <summary>
    /// Writes a piece message for each block into the buffer: the header, and then the data of the block, which is read
    /// from the files. Returns the number of bytes in the buffer.
    /// </summary>
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
            _targets.Add(_buffer.AsMemory(length, block.Length));
            length += block.Length;
            runEnd = offset + block.Length;
        }

        ReadRun(runStart);
        return length;
    }

    private void ReadRun(long offset)
    {
        if (_targets.Count == 0)
            return;
        try
        {
            _context.Content!.Reader.Read(offset, _targets);
        }
        finally
        {
            _targets.Clear();
        }
    }

    private async ValueTask SendAllAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int count = await _stream.SendAsync(bytes, _closing);
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
