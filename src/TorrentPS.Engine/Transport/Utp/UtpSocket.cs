using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Network;

namespace TorrentPS.Engine.Transport.Utp;

/// <summary>
/// The uTP connections of one UDP socket: receives packets, runs timers, opens and accepts streams. Thread-safe.
/// </summary>
/// <remarks>
/// All connections share a lock. Each call that enters it leaves with <see cref="UtpTable.Flush"/>, so that the packets
/// of a batch of received packets or of a large write are sent together.
/// </remarks>
internal sealed class UtpSocket : IDisposable
{
    /// <summary>
    /// Maximum number of calls that receive packets before packets are sent. The packets of a batch share an
    /// acknowledgement.
    /// </summary>
    private const int MaxBatch = 16;

    private readonly TimeProvider _time;
    private readonly UdpSender _sender;
    private readonly UdpReceiver _receiver;
    private readonly Socket _socket;
    private readonly UtpTable _table;
    private readonly Dictionary<UtpConnection, UtpStream> _streams = [];
    private readonly Queue<UtpStream> _accepted = new();
    private readonly Lock _gate = new();
    private readonly ITimer _timer;
    private readonly CancellationTokenSource _closing = new();
    private Action<PeerStream>? _acceptor;
    private Task _receiving = Task.CompletedTask;
    private long _timerAt = UtpTime.Never;
    private bool _isDisposed;

    private UtpSocket(Socket socket, TimeProvider time)
    {
        _time = time;
        _socket = socket;
        _sender = new UdpSender(socket);
        _receiver = new UdpReceiver(socket);
        _table = new UtpTable(_sender, Random.Shared, OnAccepted, OnChanged);
        _timer = time.CreateTimer(_ => OnTimer(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        LocalEndPoint = (IPEndPoint)socket.LocalEndPoint!;
    }

    public IPEndPoint LocalEndPoint { get; }

    private long Now => (long)(_time.GetTimestamp() * (1_000_000.0 / _time.TimestampFrequency));

    /// <summary>Binds a UDP socket of an address family.</summary>
    /// <returns>Null if the family must not be used or the port cannot be bound.</returns>
    public static UtpSocket? TryOpen(AddressFamily family, NetworkBinding binding, int port, TimeProvider time) =>
        binding.TryOpenUdp(family, port, UdpSender.SystemBuffer, UdpSender.SystemBuffer) is { } socket
            ? new UtpSocket(socket, time)
            : null;

    /// <summary>Starts to receive packets.</summary>
    /// <param name="accepted">Owns each accepted connection; null to refuse connections.</param>
    public void Start(Action<PeerStream>? accepted)
    {
        _acceptor = accepted;
        _receiving = ReceiveAsync();
    }

    /// <summary>Opens a connection.</summary>
    /// <exception cref="SocketException">The peer refused the connection or did not answer.</exception>
    public async Task<PeerStream> ConnectAsync(IPEndPoint peer, CancellationToken cancellation)
    {
        UtpStream stream = Open(peer);
        try
        {
            await stream.WhenConnectedAsync(cancellation);
            return stream;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Ends all connections, closes the socket, and waits for the end of the receive loop.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
            _table.AbortAll(Now);
            _sender.Flush();
        }

        _closing.Cancel();
        _timer.Dispose();
        _socket.Dispose();
        _receiving.GetAwaiter().GetResult();
        _closing.Dispose();
    }

    /// <summary>Enters the lock. The end of the turn sends what the connection can send, and leaves the lock.</summary>
    /// <param name="connection">The connection that the caller changes; null if it changes none.</param>
    internal Turn Enter(UtpConnection? connection)
    {
        _gate.Enter();
        if (connection is not null && !_isDisposed)
            _table.Touch(connection);
        return new Turn(this, Now);
    }

    private UtpStream Open(IPEndPoint peer)
    {
        using Turn turn = Enter(null);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        UtpConnection connection = _table.Connect(UdpAddress.Of(peer), turn.Now)
            ?? throw new SocketException((int)SocketError.TooManyOpenSockets);
        return Add(connection);
    }

    private UtpStream Add(UtpConnection connection)
    {
        var stream = new UtpStream(this, connection);
        _streams.Add(connection, stream);
        return stream;
    }

    private void OnAccepted(UtpConnection connection) => _accepted.Enqueue(Add(connection));

    private void OnChanged(UtpConnection connection)
    {
        if (!_streams.TryGetValue(connection, out UtpStream? stream))
            return;
        stream.OnChanged();
        if (connection.State == UtpState.Closed)
            _streams.Remove(connection);
    }

    private async Task ReceiveAsync()
    {
        while (true)
        {
            try
            {
                await _receiver.WaitAsync(_closing.Token);
                while (HandleBatch())
                    EndBatch();
                EndBatch();
            }
            catch (SocketException) when (!_closing.IsCancellationRequested)
            {
                // Windows reports here that an earlier packet's destination was unreachable. The pause prevents a busy
                // loop if the error persists.
                await Task.Delay(TimeSpan.FromMilliseconds(1), CancellationToken.None);
            }
            catch (Exception error) when (
                error is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                return;
            }
        }
    }

    /// <returns>Whether the socket may have further packets.</returns>
    private bool HandleBatch()
    {
        lock (_gate)
        {
            long now = Now;
            for (int i = 0; i < MaxBatch; i++)
            {
                if (_isDisposed
                    || !_receiver.TryReceive(out UdpAddress from, out ReadOnlySpan<byte> packets, out int length))
                    return false;
                for (int start = 0; start < packets.Length; start += length)
                    _table.Handle(from, packets.Slice(start, Math.Min(length, packets.Length - start)), now);
            }

            return true;
        }
    }

    private void EndBatch()
    {
        using (Enter(null))
        {
        }

        while (true)
        {
            UtpStream? stream;
            lock (_gate)
                _accepted.TryDequeue(out stream);
            if (stream is null)
                return;
            if (_acceptor is null)
                stream.Dispose();
            else
                _acceptor(stream);
        }
    }

    private void OnTimer()
    {
        using Turn turn = Enter(null);
        _timerAt = UtpTime.Never;
        if (!_isDisposed)
            _table.OnTimer(turn.Now);
    }

    private void Leave(long now)
    {
        try
        {
            if (_isDisposed)
                return;
            _table.Flush(now);
            _sender.Flush();
            long next = _table.NextTimer;
            if (next >= _timerAt)
                return;
            _timerAt = next;
            _timer.Change(
                TimeSpan.FromMicroseconds(Math.Max(1000, next - now)), Timeout.InfiniteTimeSpan);
        }
        finally
        {
            _gate.Exit();
        }
    }

    /// <summary>One use of the connections by one thread.</summary>
    [SuppressMessage("Performance", "CA1815", Justification = "Turns are not compared.")]
    internal readonly ref struct Turn(UtpSocket socket, long now)
    {
        public long Now => now;

        public void Dispose() => socket.Leave(now);
    }
}
