using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Network;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Policy.Connections;
using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Transport;
using TorrentPS.Protocol.Encryption;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Session;

/// <summary>Connects to peers, and exchanges handshakes in plain text or encrypted (MSE).</summary>
internal static class PeerConnector
{
    /// <summary>
    /// The source of random keys and padding. It is cryptographically secure, because the keys must not be predictable.
    /// </summary>
    public static Random Random { get; } = new SecureRandom();

    /// <summary>Connects to a peer and exchanges handshakes.</summary>
    /// <param name="endPoint">The peer's address and port.</param>
    /// <param name="binding">The local address to connect from.</param>
    /// <param name="own">This client's handshake.</param>
    /// <param name="policy">The policy for outgoing connections.</param>
    /// <param name="isEncrypted">
    /// True if the peer is known to accept encrypted connections, false if it is known to accept plain ones, and null
    /// if neither is known.
    /// </param>
    /// <param name="cancellation">Cancels the attempts.</param>
    /// <returns>
    /// The connection and the peer's handshake, or null if the peer uses another protocol, sends another info hash, or
    /// closes the connections.
    /// </returns>
    /// <exception cref="SocketException">The peer refused or reset a connection, or is unreachable.</exception>
    /// <exception cref="OperationCanceledException">A time limit has passed, or the attempts were cancelled.</exception>
    public static async Task<(PeerStream Stream, Handshake Received)?> ConnectAsync(
        IPEndPoint endPoint,
        NetworkBinding binding,
        Handshake own,
        EncryptionPolicy policy,
        bool? isEncrypted,
        CancellationToken cancellation)
    {
        var attempts = EncryptionAttempts.Of(policy, isEncrypted);
        Attempt first = await AttemptAsync(attempts.EncryptFirst);
        if (first.Received is null && first.MayOtherSucceed && attempts.TryOther)
            first = await AttemptAsync(!attempts.EncryptFirst);
        return first.Received is { } received ? (first.Stream!, received) : null;

        async Task<Attempt> AttemptAsync(bool encrypt)
        {
            PeerStream stream = await Dialer.ConnectAsync(endPoint, binding, cancellation);
            Attempt? attempt = null;
            try
            {
                return (attempt = encrypt
                    ? await EncryptAsync(stream, own, policy, cancellation)
                    : await ExchangeAsync(stream, own, cancellation)).Value;
            }
            finally
            {
                if (attempt?.Received is null)
                    stream.Dispose();
            }
        }
    }

    private static async Task<Attempt> ExchangeAsync(
        PeerStream stream, Handshake own, CancellationToken cancellation)
    {
        try
        {
            Handshake? received = await HandshakeExchange.InitiateAsync(stream, own, cancellation);
            return new Attempt(stream, received, MayOtherSucceed: received is null);
        }
        catch (SocketException)
        {
            // A peer that requires encryption resets a plain connection.
            return new Attempt(stream, null, MayOtherSucceed: true);
        }
    }

    private static async Task<Attempt> EncryptAsync(
        PeerStream stream, Handshake own, EncryptionPolicy policy, CancellationToken cancellation)
    {
        PeerStream? encrypted = null;
        try
        {
            byte[] first = new byte[Handshake.Length];
            own.Write(first);
            encrypted = await EncryptionExchange.InitiateAsync(
                stream, own.InfoHash, first, policy, Random, cancellation);
        }
        catch (Exception error)
            when (error is SocketException or EncryptionException
                || (error is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            // A peer that supports only plain text resets the connection, answers in plain text, or does not answer.
        }

        return encrypted is null
            ? new Attempt(stream, null, MayOtherSucceed: true)
            : new Attempt(
                encrypted,
                await HandshakeExchange.ReceiveAnswerAsync(encrypted, own.InfoHash, cancellation),
                MayOtherSucceed: false);
    }

    /// <summary>The outcome of one attempt to connect, plain or encrypted.</summary>
    /// <param name="Stream">The connection.</param>
    /// <param name="Received">The peer's handshake; null if the handshakes failed.</param>
    /// <param name="MayOtherSucceed">Whether an attempt of the other kind, plain or encrypted, may succeed.</param>
    private readonly record struct Attempt(PeerStream? Stream, Handshake? Received, bool MayOtherSucceed);
}
