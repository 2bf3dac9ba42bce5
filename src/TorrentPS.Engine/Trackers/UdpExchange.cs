using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using TorrentPS.Protocol.Tracker;

namespace TorrentPS.Engine.Trackers;

/// <summary>
/// Sends one request to one address of a UDP tracker, with the connect request that must precede it and with
/// retransmissions (BEP 15).
/// </summary>
/// <remarks>
/// The socket is connected, so that the system drops packets from other senders. The response must have the random
/// transaction id of the request.
/// </remarks>
internal sealed class UdpExchange(
    Uri tracker, IPEndPoint target, TrackerClientOptions options, UdpConnectionIds connections)
{
    /// <summary>Size of the receive buffer in bytes. It holds the longest UDP packet.</summary>
    private const int MaxPacket = 64 * 1024;

    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(15);

    private readonly byte[] _buffer = new byte[MaxPacket];
    private int _unanswered;

    /// <summary>Sends the request, repeats it while no response arrives, and returns the response.</summary>
    /// <param name="write">Encodes the request with a connection id and a transaction id.</param>
    /// <param name="read">Parses the response.</param>
    /// <param name="cancellation">Cancels the request.</param>
    /// <exception cref="TrackerException">The tracker sent no valid response, or refused the request.</exception>
    /// <exception cref="OperationCanceledException">The request was cancelled.</exception>
    public async Task<T> RequestAsync<T>(
        Func<ulong, uint, byte[]> write, Func<byte[], T> read, CancellationToken cancellation)
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
            throw new TrackerException(
                TrackerErrorKind.Unreachable, tracker, $"The tracker can't be reached: {e.Message}", e);
        }
    }

    private async Task<T> ExchangeAsync<T>(
        Socket socket, Func<ulong, uint, byte[]> write, Func<byte[], T> read, CancellationToken cancellation)
    {
        uint transaction = NewTransaction();
        uint connecting = NewTransaction();
        bool mayBeStale = true;
        while (true)
        {
            if (!connections.TryGet(target, out ulong connection))
            {
                byte[] request = UdpTrackerRequest.Connect(connecting);
                if (await TrySendAsync(socket, request, connecting, cancellation) is not { } connectResponse)
                    continue;
                connection = UdpTrackerResponse.ReadConnect(connectResponse);
                connections.Set(target, connection);
                mayBeStale = false;
            }

            byte[] packet = write(connection, transaction);
            if (await TrySendAsync(socket, packet, transaction, cancellation) is not { } response)
                continue;
            try
            {
                return read(response);
            }
            catch (TrackerResponseException e) when (e.Error == TrackerResponseError.Refused && mayBeStale)
            {
                // The tracker may have refused the cached connection id: it has restarted, or it accepts an id only
                // from the port that requested it.
                mayBeStale = false;
                connections.Remove(target);
            }
        }
    }

    /// <summary>Sends a packet once and waits for its response.</summary>
    /// <returns>The response; null if none arrived in time and the packet may be sent again.</returns>
    /// <exception cref="TrackerException">
    /// No response arrived in time, and <see cref="TrackerClientOptions.UdpTries"/> packets were sent without a
    /// response.
    /// </exception>
    private async Task<byte[]?> TrySendAsync(
        Socket socket, byte[] packet, uint transaction, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(FirstWait * (1 << Math.Min(_unanswered, 8)), options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        try
        {
            await socket.SendAsync(packet, either.Token);
            while (true)
            {
                int length = await socket.ReceiveAsync(_buffer, either.Token);
                if (UdpTrackerResponse.TryReadHeader(_buffer.AsSpan(0, length), out _, out uint responseTransaction)
                    && responseTransaction == transaction)
                    return _buffer.AsSpan(0, length).ToArray();
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return ++_unanswered < options.UdpTries
                ? null
                : throw new TrackerException(
                    TrackerErrorKind.Timeout, tracker, $"The tracker did not respond to {_unanswered} requests.");
        }
    }

    private async Task<Socket> OpenAsync(CancellationToken cancellation)
    {
        Socket socket = options.Binding.Open(target, SocketType.Dgram, ProtocolType.Udp);
        try
        {
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
