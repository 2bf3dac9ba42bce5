using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Swarm.Handlers;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Metadata;

/// <summary>What connections in search of metadata share.</summary>
/// <param name="Post">Where what happens is told.</param>
/// <param name="DhtNodeFound">Told where a peer's DHT node is.</param>
/// <param name="Download">The limit that received bytes are charged to.</param>
/// <param name="Pumps">Counts the pumps that run.</param>
internal sealed record MetadataContext(Func<MetadataEvent, bool> Post, Action<IPEndPoint> DhtNodeFound, RateLimit Download, PumpCount Pumps);

/// <summary>A connection that leaves the search as it came: what was heard on it and is of other matters is heard again by the next.</summary>
/// <param name="Socket">The socket, owned by whoever has this.</param>
/// <param name="Handshake">What the peer said first.</param>
/// <param name="Incoming">Whether the peer began it.</param>
/// <param name="Heard">The frames that are not about metadata, and the beginning of the next.</param>
internal sealed record HandedConnection(Socket Socket, Handshake Handshake, bool Incoming, ReadOnlyMemory<byte> Heard);

/// <summary>
/// A peer while the torrent is known by its hash alone: only what is about metadata is heeded; the rest (what the peer has, whether it
/// serves us) is kept for the torrent's own loop, which needs the metadata to understand it.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "What it owns is disposed when its pump has ended.")]
internal sealed class MetadataConnection : IMetadataLink
{
    private const int FirstBuffer = 32 * 1024;

    /// <summary>
    /// The most bytes kept, of messages the search has no use for: a bitfield of the largest torrent, and 28,000 haves. Who says more to
    /// a peer that has asked for nothing is of no use.
    /// </summary>
    private const int MaxKept = 512 * 1024;

    /// <summary>The most bytes passed over: keep-alives and extensions of others' for hours.</summary>
    private const int MaxIgnored = 512 * 1024;

    /// <summary>How long a message half sent may hold up the hand-over.</summary>
    private static readonly TimeSpan s_sendPatience = TimeSpan.FromSeconds(2);

    private static readonly int s_maxFrame = PeerMessageReader.MaxFrameLength(MetainfoLimits.Default.MaxPieces);

    private readonly Socket _socket;
    private readonly Handshake _handshake;
    private readonly bool _incoming;
    private readonly MetadataContext _context;
    private readonly CancellationTokenSource _closing = new();
    private readonly Signal _handled = new();
    private readonly ArrayBufferWriter<byte> _kept = new(256);
    private readonly SendQueue _queue = new();
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource<HandedConnection?> _handed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private byte[] _buffer = new byte[FirstBuffer];
    private int _start;
    private int _end;
    private int _ignored;
    private Task _sending = Task.CompletedTask;
    private bool _isSending;
    private bool _hasToldDhtPort;
    private bool _isHanding;
    private DisconnectReason? _reason;

    /// <param name="socket">Connected, with both handshakes behind it; owned from here on.</param>
    /// <param name="handshake">What the peer said first.</param>
    /// <param name="incoming">Whether the peer began it.</param>
    /// <param name="context">What connections share.</param>
    public MetadataConnection(Socket socket, Handshake handshake, bool incoming, MetadataContext context)
    {
        _socket = socket;
        _handshake = handshake;
        _incoming = incoming;
        _context = context;
        EndPoint = ((IPEndPoint)socket.RemoteEndPoint!).Plain();
    }

    /// <inheritdoc/>
    public IPEndPoint EndPoint { get; }

    /// <summary>Starts the pump; to be called once the loop knows the connection.</summary>
    public void Start() => _context.Pumps.Run(RunAsync);

    /// <inheritdoc/>
    public void Send(byte extendedId, ReadOnlySpan<byte> payload)
    {
        byte[] message = new byte[6 + payload.Length];
        Append(message.AsSpan(0, PeerMessageWriter.WriteExtended(message, extendedId, payload)));
    }

    /// <inheritdoc/>
    public void Send(ushort dhtPort)
    {
        Span<byte> message = stackalloc byte[7];
        Append(message[..PeerMessageWriter.WritePort(message, dhtPort)]);
    }

    /// <inheritdoc/>
    public void KeepAlive()
    {
        Span<byte> message = stackalloc byte[4];
        Append(message[..PeerMessageWriter.WriteKeepAlive(message)]);
    }

    /// <inheritdoc/>
    public void Handled() => _handled.Set();

    /// <inheritdoc/>
    public void Close(DisconnectReason reason)
    {
        lock (_gate)
        {
            if (_reason is not null)
                return;
            _reason = reason;
        }

        _handled.Set();
        Cancel();
    }

    /// <summary>Ends the pump between two reads and lets the connection go on in other hands; null when it has ended.</summary>
    public Task<HandedConnection?> HandOverAsync()
    {
        lock (_gate)
            _isHanding = true;
        Cancel();
        return _handed.Task;
    }

    private void Cancel()
    {
        try
        {
            _closing.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The pump has ended already.
        }
    }

    private async Task RunAsync()
    {
        try
        {
            await ReceiveAsync();
        }
        catch (WireException)
        {
            Close(DisconnectReason.ProtocolError);
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The connection has ended, or this part of it.
        }

        bool goesOn;
        lock (_gate)
            goesOn = _isHanding && _reason is null;
        goesOn = goesOn && await IsSentAsync();
        if (goesOn)
        {
            _handed.SetResult(new HandedConnection(_socket, _handshake, _incoming, Heard()));
        }
        else
        {
            _socket.Dispose();
            _handed.SetResult(null);
            _context.Post(new MetadataPeerClosed(this, _reason ?? DisconnectReason.RemoteClosed));
        }

        _closing.Dispose();
    }

    private async Task ReceiveAsync()
    {
        while (true)
        {
            MakeRoom();
            int count = await _socket.ReceiveAsync(_buffer.AsMemory(_end), SocketFlags.None, _closing.Token);
            if (count == 0)
            {
                Close(DisconnectReason.RemoteClosed);
                return;
            }

            _end += count;
            if (!_context.Post(new MetadataHeard(this, Parse())))
                return;
            await _handled.WaitAsync();
            _closing.Token.ThrowIfCancellationRequested();
            await _context.Download.PassAsync(count, _closing.Token);
        }
    }

    /// <summary>Takes whole frames out of the buffer: what is about metadata for the loop, what is about the torrent for later.</summary>
    private List<ExtendedMessage> Parse()
    {
        var messages = new List<ExtendedMessage>();
        while (true)
        {
            ReadOnlySpan<byte> unread = _buffer.AsSpan(_start, _end - _start);
            if (PeerMessageReader.TryRead(unread, s_maxFrame, out PeerMessage message, out int consumed) == FrameResult.Incomplete)
                return messages;
            bool isExtended = message.Id == PeerMessageId.Extended;
            bool isForSearch = isExtended && (message.ExtendedId is MetadataSearch.MessageId or PexHandler.MessageId);
            bool isHandshake = isExtended && message.ExtendedId == ExtensionHandler.HandshakeId;
            if (message.Id == PeerMessageId.Piece)
                throw new WireException(WireError.FrameTooLong, "A block came that was never asked for.");
            if (isForSearch || isHandshake)
                messages.Add(new ExtendedMessage(message.ExtendedId, message.Payload.ToArray()));
            if (message.Id == PeerMessageId.Port)
                NoteDhtNode(message.Port);
            if (isHandshake || (!isExtended && message.Id != PeerMessageId.KeepAlive))
                _kept.Write(unread[..consumed]);
            else if (!isForSearch)
                _ignored += consumed;
            if (_kept.WrittenCount > MaxKept || _ignored > MaxIgnored)
                throw new WireException(WireError.FrameTooLong, "It talks without being asked.");
            _start += consumed;
        }
    }

    /// <summary>One node for each connection is as many as a peer can have; each is asked before it is believed.</summary>
    private void NoteDhtNode(ushort port)
    {
        if (_hasToldDhtPort || port == 0)
            return;
        _hasToldDhtPort = true;
        _context.DhtNodeFound(new IPEndPoint(EndPoint.Address, port));
    }

    private void MakeRoom()
    {
        int held = _end - _start;
        int required = PeerMessageReader.RequiredLength(_buffer.AsSpan(_start, held), s_maxFrame);
        byte[] target = required > _buffer.Length ? new byte[required] : _buffer;
        if (_start > 0 || target != _buffer)
            Buffer.BlockCopy(_buffer, _start, target, 0, held);
        _buffer = target;
        _start = 0;
        _end = held;
    }

    private byte[] Heard() => [.. _kept.WrittenSpan, .. _buffer.AsSpan(_start, _end - _start)];

    private void Append(ReadOnlySpan<byte> message)
    {
        if (!_queue.TryAppend(message))
        {
            Close(DisconnectReason.Idle);
            return;
        }

        lock (_gate)
        {
            if (_isHanding || _isSending)
                return;
            _isSending = true;
            _sending = SendAsync();
        }
    }

    /// <summary>Sends what waits: mostly at once, on the loop's own thread, as the socket takes so little without waiting.</summary>
    private async Task SendAsync()
    {
        try
        {
            while (Take() is { IsEmpty: false } rest)
            {
                while (!rest.IsEmpty)
                    rest = rest[await _socket.SendAsync(rest, SocketFlags.None)..];
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            Close(DisconnectReason.RemoteClosed);
        }
    }

    private ReadOnlyMemory<byte> Take()
    {
        lock (_gate)
        {
            ReadOnlyMemory<byte> waiting = _queue.TakeControl();
            _isSending = !waiting.IsEmpty;
            return waiting;
        }
    }

    /// <summary>Waits until nothing is half sent.</summary>
    /// <returns>Whether the connection is good for more.</returns>
    private async Task<bool> IsSentAsync()
    {
        Task sending;
        lock (_gate)
            sending = _sending;
        await sending.WaitAsync(s_sendPatience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_gate)
            return sending.IsCompletedSuccessfully && _reason is null;
    }
}
