using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Runtime;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Metadata;

/// <summary>What connections in search of metadata share.</summary>
/// <param name="Post">Where what happens is told.</param>
/// <param name="DhtNodeFound">Told where a peer's DHT node is.</param>
/// <param name="Download">The limit that received bytes are charged to.</param>
/// <param name="Tasks">Counts the pumps that run.</param>
internal sealed record MetadataContext(Func<MetadataEvent, bool> Post, Action<IPEndPoint> DhtNodeFound, RateLimit Download, WaitGroup Tasks);

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
    /// <summary>How long a message half sent may hold up the hand-over.</summary>
    private static readonly TimeSpan s_sendPatience = TimeSpan.FromSeconds(2);

    private readonly Socket _socket;
    private readonly Handshake _handshake;
    private readonly bool _incoming;
    private readonly MetadataContext _context;
    private readonly CancellationTokenSource _closing = new();
    private readonly Signal _handled = new();
    private readonly MetadataInbox _inbox;
    private readonly SendQueue _queue = new();
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource<HandedConnection?> _handed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _sending = Task.CompletedTask;
    private bool _isSending;
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
        EndPoint = ((IPEndPoint)socket.RemoteEndPoint!).Unmap();

        // Each is asked before it is believed.
        _inbox = new MetadataInbox(port => context.DhtNodeFound(new IPEndPoint(EndPoint.Address, port)));
    }

    /// <inheritdoc/>
    public IPEndPoint EndPoint { get; }

    /// <summary>Starts the pump; to be called once the loop knows the connection.</summary>
    public void Start() => _context.Tasks.Run(RunAsync);

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
        Append(message[..PeerMessageWriter.Write(message, PeerMessageId.KeepAlive)]);
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
            _handed.SetResult(new HandedConnection(_socket, _handshake, _incoming, _inbox.Rest()));
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
            int count = await _socket.ReceiveAsync(_inbox.MakeRoom(), SocketFlags.None, _closing.Token);
            if (count == 0)
            {
                Close(DisconnectReason.RemoteClosed);
                return;
            }

            if (!_context.Post(new MetadataHeard(this, _inbox.Take(count))))
                return;
            await _handled.WaitAsync();
            _closing.Token.ThrowIfCancellationRequested();
            await _context.Download.PassAsync(count, _closing.Token);
        }
    }

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
