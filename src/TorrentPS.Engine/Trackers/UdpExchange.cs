using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using TorrentPS.Protocol.Tracker;

namespace TorrentPS.Engine.Trackers;

/// <summary>
/// One question to one address of a UDP tracker, with the connection before it and the retransmissions (BEP 15, "time outs"). Its
/// socket is connected, so that the system lets only this tracker's packets in; the transaction id, which can't be guessed, tells the answer.
/// </summary>
internal sealed class UdpExchange(Uri tracker, IPEndPoint target, TrackerClientOptions options, UdpConnectionIds connections)
{
    /// <summary>The largest packet read, in bytes: any that the network carries.</summary>
    private const int MaxPacket = 64 * 1024;

    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(15);

    private readonly byte[] _buffer = new byte[MaxPacket];
    private int _unanswered;

    /// <summary>Asks and reads the answer.</summary>
    /// <param name="write">Makes the packet from the connection id and transaction id.</param>
    /// <param name="read">Reads the answer.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<T> AskAsync<T>(Func<ulong, uint, byte[]> write, Func<byte[], T> read, CancellationToken cancellation)
    {
        try
        {
            using Socket socket = await OpenAsync(cancellation);
            return await ExchangeAsync(socket, write, read, cancellation);
        }
        catch (TrackerResponseException e)
        {
            throw TrackerException.From(e, tracker);
        }
        catch (SocketException e)
        {
            throw new TrackerException(TrackerErrorKind.Unreachable, tracker, $"The tracker can't be reached: {e.Message}", e);
        }
    }

    private async Task<T> ExchangeAsync<T>(Socket socket, Func<ulong, uint, byte[]> write, Func<byte[], T> read, CancellationToken cancellation)
    {
        uint transaction = NewTransaction();
        uint connecting = NewTransaction();
        bool mayBeStale = true;
        while (true)
        {
            if (!connections.TryGet(target, out ulong connection))
            {
                if (await TryAskAsync(socket, UdpTrackerRequest.Connect(connecting), connecting, cancellation) is not { } granted)
                    continue;
                connection = UdpTrackerResponse.ReadConnect(granted);
                connections.Keep(target, connection);
                mayBeStale = false;
            }

            if (await TryAskAsync(socket, write(connection, transaction), transaction, cancellation) is not { } answer)
                continue;
            try
            {
                return read(answer);
            }
            catch (TrackerResponseException e) when (e.Error == TrackerResponseError.Refused && mayBeStale)
            {
                // The refusal may be of the remembered id: the tracker may have restarted, or tie the id to our port.
                mayBeStale = false;
                connections.Forget(target);
            }
        }
    }

    /// <summary>Sends a packet and waits for its answer.</summary>
    /// <returns>Null when none came in time and another try is due.</returns>
    private async Task<byte[]?> TryAskAsync(Socket socket, byte[] packet, uint transaction, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(FirstWait * (1 << Math.Min(_unanswered, 8)), options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        try
        {
            await socket.SendAsync(packet, either.Token);
            while (true)
            {
                int length = await socket.ReceiveAsync(_buffer, either.Token);
                if (UdpTrackerResponse.TryReadHeader(_buffer.AsSpan(0, length), out _, out uint answered) && answered == transaction)
                    return _buffer.AsSpan(0, length).ToArray();
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return ++_unanswered < options.UdpTries
                ? null
                : throw new TrackerException(TrackerErrorKind.Timeout, tracker, $"The tracker did not answer ({_unanswered} tries).");
        }
    }

    private async Task<Socket> OpenAsync(CancellationToken cancellation)
    {
        var socket = new Socket(target.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            if (options.BindAddress is { } local)
                socket.Bind(new IPEndPoint(local, 0));
            await socket.ConnectAsync(target, cancellation);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static uint NewTransaction() => BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(sizeof(uint)));
}
