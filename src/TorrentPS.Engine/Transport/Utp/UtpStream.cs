using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using TorrentPS.Engine.Runtime;

namespace TorrentPS.Engine.Transport.Utp;

/// <summary>A uTP connection as a stream. It has one receiver and one sender at a time.</summary>
internal sealed class UtpStream : PeerStream
{
    private readonly UtpSocket _socket;
    private readonly Signal _readable = new(), _writable = new();

    public UtpStream(UtpSocket socket, UtpConnection connection)
    {
        _socket = socket;
        Connection = connection;
        RemoteEndPoint = connection.Remote.ToEndPoint();
    }

    public override IPEndPoint RemoteEndPoint { get; }

    /// <summary>The connection. It is used only while the caller has entered <see cref="UtpSocket.Enter"/>.</summary>
    public UtpConnection Connection { get; }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        while (true)
        {
            if (TryReceive(buffer.Span, out int count))
                return count;
            await WaitAsync(_readable, cancellation);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        while (true)
        {
            if (TrySend(bytes.Span, out int count))
                return count;
            await WaitAsync(_writable, cancellation);
        }
    }

    public override void Shutdown()
    {
        using UtpSocket.Turn turn = _socket.Enter(Connection);
        Connection.Shutdown(turn.Now);
        OnChanged();
    }

    public override void Dispose() => Shutdown();

    /// <summary>Waits until the peer has answered.</summary>
    /// <exception cref="SocketException">The peer refused the connection or did not answer.</exception>
    public async Task WhenConnectedAsync(CancellationToken cancellation)
    {
        while (!IsConnected())
            await WaitAsync(_writable, cancellation);
    }

    /// <summary>Lets waiting calls continue if they can. The caller has entered the socket.</summary>
    public void OnChanged()
    {
        bool isClosed = Connection.State == UtpState.Closed || Connection.IsShutdown;
        if (isClosed || Connection.CanRead || Connection.IsPeerDone)
            _readable.Set();
        if (isClosed || Connection.CanWrite)
            _writable.Set();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private static async ValueTask WaitAsync(Signal signal, CancellationToken cancellation)
    {
        using CancellationTokenRegistration registration =
            cancellation.UnsafeRegister(static signal => ((Signal)signal!).Set(), signal);
        await signal.WaitAsync();
        cancellation.ThrowIfCancellationRequested();
    }

    private bool IsConnected()
    {
        using UtpSocket.Turn turn = _socket.Enter(null);
        ThrowIfFailed();
        return Connection.State == UtpState.Connected;
    }

    private bool TryReceive(Span<byte> buffer, out int count)
    {
        using UtpSocket.Turn turn = _socket.Enter(Connection);
        count = Connection.Read(buffer);
        if (count > 0 || Connection.IsPeerDone || Connection.IsShutdown)
            return true;
        ThrowIfFailed();
        return false;
    }

    private bool TrySend(ReadOnlySpan<byte> bytes, out int count)
    {
        using UtpSocket.Turn turn = _socket.Enter(Connection);
        count = Connection.Write(bytes);
        if (count > 0)
            return true;
        ThrowIfFailed();
        return Connection.IsShutdown ? throw new SocketException((int)SocketError.Shutdown) : false;
    }

    private void ThrowIfFailed()
    {
        if (Connection.State == UtpState.Closed)
        {
            throw new SocketException((int)(Connection.Error == SocketError.Success
                ? SocketError.Shutdown
                : Connection.Error));
        }
    }
}
