using System.Diagnostics.CodeAnalysis;
using System.Net;
using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Storage;
using TorrentPS.Engine.Transport;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Peers;

/// <summary>The objects that all connections of a torrent share.</summary>
/// <param name="Events">Receives the events of each connection.</param>
/// <param name="Blocks">The pool for the data of received blocks.</param>
/// <param name="Download">The torrent's rate limit for received bytes.</param>
/// <param name="Upload">The torrent's rate limit for sent blocks. It is the parent of each peer's limit.</param>
/// <param name="Time">The clock.</param>
/// <param name="Tasks">Counts the running I/O loops.</param>
internal sealed record PeerContext(
    IPeerEvents Events,
    BlockPool Blocks,
    RateLimit Download,
    RateLimit Upload,
    TimeProvider Time,
    WaitGroup Tasks)
{
    private volatile PeerContent? _content;

    /// <summary>Access to the torrent's content; null while the metadata isn't known.</summary>
    public PeerContent? Content
    {
        get => _content;
        set => _content = value;
    }
}

/// <summary>The parts of a torrent's content that connections need.</summary>
/// <param name="Reader">Reads the blocks to send.</param>
/// <param name="Geometry">The torrent's piece and block lengths.</param>
internal sealed record PeerContent(IContentReader Reader, TorrentGeometry Geometry);

/// <summary>
/// A connection to one peer: a stream with a receive loop and a send loop. The swarm loop decides what to send.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "The stream is disposed when the loops have ended.")]
internal sealed class PeerConnection : IPeerLink
{
    private readonly PeerStream _stream;
    private readonly PeerContext _context;
    private readonly SendQueue _queue = new();
    private readonly Signal _flush = new();

    /// <summary>
    /// Cancelled when the connection closes. Never disposed, because <see cref="Close"/> may cancel it after the loops
    /// have ended.
    /// </summary>
    private readonly CancellationTokenSource _closing = new();
    private readonly RateLimit _upload;
    private readonly ReceiveLoop _receive;
    private readonly SendLoop _send;
    private readonly Lock _gate = new();
    private DisconnectReason? _reason;
    private string? _detail;

    /// <param name="stream">
    /// A stream on which both sides have sent their handshakes. The connection disposes it.
    /// </param>
    /// <param name="context">The objects that all connections of the torrent share.</param>
    /// <param name="supportsFast">Whether the peer supports the Fast extension (BEP 6).</param>
    public PeerConnection(PeerStream stream, PeerContext context, bool supportsFast)
    {
        _stream = stream;
        _context = context;
        EndPoint = stream.RemoteEndPoint;
        _receive = new ReceiveLoop(this, stream, context, supportsFast ? null : _queue, _closing.Token);
        _upload = new RateLimit(context.Upload, null, context.Time);
        _send = new SendLoop(stream, _queue, _flush, context, _upload, _closing.Token);
    }

    /// <inheritdoc/>
    public IPEndPoint EndPoint { get; }

    /// <inheritdoc/>
    public int TableIndex { get; set; } = -1;

    /// <inheritdoc/>
    public PeerTraffic Traffic => new(_receive.Received, _send.Sent, _send.PayloadSent);

    /// <inheritdoc/>
    public bool IsHeldBack => _receive.IsHeldBack;

    /// <inheritdoc/>
    public int QueuedBlocks => _queue.BlockCount;

    /// <inheritdoc/>
    public int QueuedBytes => _queue.ControlBytes;

    /// <inheritdoc/>
    public long? UploadLimit
    {
        get => _upload.Limit;
        set => _upload.Limit = value;
    }

    /// <summary>
    /// Starts both loops. Must be called after the swarm loop has added the peer to its table, because the receive loop
    /// may post messages at once.
    /// </summary>
    public void Start()
    {
        _context.Tasks.Enter();
        _ = RunAsync();
    }

    /// <inheritdoc/>
    public void Request(BlockAddress block) => SendBlockMessage(PeerMessageId.Request, block);

    /// <inheritdoc/>
    public void Cancel(BlockAddress block) => SendBlockMessage(PeerMessageId.Cancel, block);

    /// <inheritdoc/>
    public void SendKeepAlive() => SendFlag(PeerMessageId.KeepAlive);

    /// <inheritdoc/>
    public void SendChoke() => SendFlag(PeerMessageId.Choke);

    /// <inheritdoc/>
    public void SendUnchoke() => SendFlag(PeerMessageId.Unchoke);

    /// <inheritdoc/>
    public void SendInterested() => SendFlag(PeerMessageId.Interested);

    /// <inheritdoc/>
    public void SendNotInterested() => SendFlag(PeerMessageId.NotInterested);

    /// <inheritdoc/>
    public void SendHave(PieceIndex piece) => SendPieceMessage(PeerMessageId.Have, piece);

    /// <inheritdoc/>
    public void SendBitfield(Bitfield pieces)
    {
        byte[] message = new byte[PeerMessageWriter.BitfieldLength(pieces.PieceCount)];
        Append(message.AsSpan(0, PeerMessageWriter.WriteBitfield(message, pieces)));
    }

    /// <inheritdoc/>
    public void SendHaveAll() => SendFlag(PeerMessageId.HaveAll);

    /// <inheritdoc/>
    public void SendHaveNone() => SendFlag(PeerMessageId.HaveNone);

    /// <inheritdoc/>
    public void SendSuggest(PieceIndex piece) => SendPieceMessage(PeerMessageId.Suggest, piece);

    /// <inheritdoc/>
    public void SendAllowedFast(PieceIndex piece) => SendPieceMessage(PeerMessageId.AllowedFast, piece);

    /// <inheritdoc/>
    public void SendReject(BlockAddress block) => SendBlockMessage(PeerMessageId.Reject, block);

    /// <inheritdoc/>
    public void SendPort(ushort dhtPort)
    {
        Span<byte> message = stackalloc byte[PeerMessageWriter.PortLength];
        Append(message[..PeerMessageWriter.WritePort(message, dhtPort)]);
    }

    /// <inheritdoc/>
    public void SendExtended(byte extendedId, ReadOnlySpan<byte> payload)
    {
        byte[] message = new byte[6 + payload.Length];
        Append(message.AsSpan(0, PeerMessageWriter.WriteExtended(message, extendedId, payload)));
    }

    /// <inheritdoc/>
    public void QueueBlock(BlockAddress block) => _queue.Enqueue(block);

    /// <inheritdoc/>
    public bool TryUnqueueBlock(BlockAddress block) => _queue.Remove(block);

    /// <inheritdoc/>
    public void UnqueueBlocks(List<BlockAddress> removed) => _queue.RemoveAll(removed);

    /// <inheritdoc/>
    public void Flush() => _flush.Set(inline: _queue.BlockCount == 0);

    /// <inheritdoc/>
    public void Recycle(MessageBatch batch) => _receive.Recycle(batch);

    /// <inheritdoc/>
    public void Close(DisconnectReason reason, string? detail = null) => End(reason, detail);

    private void SendFlag(PeerMessageId id)
    {
        Span<byte> message = stackalloc byte[5];
        Append(message[..PeerMessageWriter.Write(message, id)]);
    }

    private void SendPieceMessage(PeerMessageId id, PieceIndex piece)
    {
        Span<byte> message = stackalloc byte[9];
        Append(message[..PeerMessageWriter.Write(message, id, piece)]);
    }

    private void SendBlockMessage(PeerMessageId id, BlockAddress block)
    {
        Span<byte> message = stackalloc byte[17];
        Append(message[..PeerMessageWriter.Write(message, id, block)]);
    }

    private void Append(ReadOnlySpan<byte> message)
    {
        if (!_queue.TryAppend(message))
            End(DisconnectReason.Idle, "The peer does not read: too many messages wait to be sent to it.");
    }

    private async Task RunAsync()
    {
        // Both loops start on pool threads, so that a first read does not delay the swarm loop, which called Start.
        await Task.WhenAll(Task.Run(() => GuardAsync(_receive.RunAsync)), Task.Run(() => GuardAsync(_send.RunAsync)));
        _stream.Dispose();
        _receive.ReturnAll();
        _queue.Close();
        (DisconnectReason reason, string? detail) = (_reason ?? DisconnectReason.RemoteClosed, _detail);
        _context.Events.Closed(this, reason, detail);
        _context.Tasks.Leave();
    }

    private async Task GuardAsync(Func<Task> run)
    {
        try
        {
            await run();
            End(DisconnectReason.RemoteClosed, null);
        }
        catch (WireException error)
        {
            End(DisconnectReason.ProtocolError, error.Message);
        }
        catch (StorageException error)
        {
            End(DisconnectReason.ContentUnreadable, error.Message);
        }
        catch (Exception error)
        {
            // Mostly a network error. Any other error must end the connection too: a torrent can stop only when its
            // connections have ended.
            End(DisconnectReason.RemoteClosed, error.Message);
        }
    }

    private void End(DisconnectReason reason, string? detail)
    {
        lock (_gate)
        {
            if (_reason is not null)
                return;
            _reason = reason;
            _detail = detail;
        }

        _closing.Cancel();
        _flush.Set();
        _queue.StopWaiting();

        // Shutting down lets data that the system has accepted still reach the peer. The loops see the cancellation and
        // end.
        _stream.Shutdown();
    }
}
