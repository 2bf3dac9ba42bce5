using System.Net.Sockets;
using TorrentPS.Protocol.Encryption;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Transport;

/// <summary>Exchanges the encryption handshake (MSE) on an outgoing or incoming connection.</summary>
internal static class EncryptionExchange
{
    /// <summary>
    /// Maximum time for the encryption handshake of an outgoing connection. The handshake takes two round trips. A peer
    /// that only knows plain text may wait for more bytes instead of closing the connection. After this time, it is
    /// dialed in plain text.
    /// </summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Size of the receive buffer in bytes. A message of the encryption handshake with its padding usually fits.
    /// </summary>
    private const int BufferLength = 1024;

    /// <summary>
    /// Exchanges the encryption handshake on an outgoing connection, and sends an initial payload with it.
    /// </summary>
    /// <param name="stream">The connection.</param>
    /// <param name="torrent">The torrent of the connection.</param>
    /// <param name="first">The initial payload, usually the BitTorrent handshake.</param>
    /// <param name="policy">The policy for outgoing connections.</param>
    /// <param name="random">A cryptographic source of random bytes.</param>
    /// <param name="cancellation">Cancels the exchange.</param>
    /// <returns>The stream to use after the encryption handshake; null if the peer closed the connection.</returns>
    /// <exception cref="SocketException">The connection is broken.</exception>
    /// <exception cref="EncryptionException">The peer's handshake is not valid.</exception>
    /// <exception cref="OperationCanceledException">
    /// <see cref="Timeout"/> passed, or the exchange was cancelled.
    /// </exception>
    public static async Task<PeerStream?> InitiateAsync(
        PeerStream stream,
        InfoHash torrent,
        ReadOnlyMemory<byte> first,
        EncryptionPolicy policy,
        Random random,
        CancellationToken cancellation)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(Timeout);
        var handshake = new InitiatorHandshake(torrent, MethodsOf(policy), first.Span, random);
        return await CompleteAsync(stream, handshake, timeout.Token);
    }

    /// <summary>
    /// Finds out from the first bytes of an incoming connection whether the peer sends a BitTorrent handshake in plain
    /// text or an encryption handshake. Completes an encryption handshake.
    /// </summary>
    /// <param name="stream">The connection.</param>
    /// <param name="find">
    /// Returns the info hash of the session's torrent that has the obfuscated info hash; null if there is none.
    /// </param>
    /// <param name="policy">The policy for incoming connections.</param>
    /// <param name="random">A cryptographic source of random bytes.</param>
    /// <param name="cancellation">Cancels the exchange.</param>
    /// <returns>
    /// The stream from which the BitTorrent handshake is received next, and the torrent that the encryption handshake
    /// named (null for plain text). The result is null if the peer closed the connection, or if the policy does not
    /// allow the kind of handshake that the peer sent.
    /// </returns>
    /// <exception cref="SocketException">The connection is broken.</exception>
    /// <exception cref="EncryptionException">The peer's encryption handshake is not valid.</exception>
    /// <exception cref="OperationCanceledException">The exchange was cancelled.</exception>
    public static async Task<(PeerStream Stream, InfoHash? Torrent)?> AcceptAsync(
        PeerStream stream,
        Func<ObfuscatedInfoHash, InfoHash?> find,
        EncryptionPolicy policy,
        Random random,
        CancellationToken cancellation)
    {
        byte[] buffer = new byte[BufferLength];
        int held = 0;
        while (held < Handshake.ProtocolLength && Handshake.IsValidPrefix(buffer.AsSpan(0, held)))
        {
            int count = await stream.ReceiveAsync(buffer.AsMemory(held), cancellation);
            if (count == 0)
                return null;
            held += count;
        }

        bool isPlain = Handshake.IsValidPrefix(buffer.AsSpan(0, held));
        if (policy == (isPlain ? EncryptionPolicy.Require : EncryptionPolicy.Disable))
            return null;
        if (isPlain)
            return (new PrefixedStream(buffer.AsMemory(0, held), stream), null);
        var handshake = new ResponderHandshake(find, MethodsOf(policy), random);
        handshake.Receive(buffer.AsSpan(0, held));
        return await CompleteAsync(stream, handshake, cancellation) is { } encrypted
            ? (encrypted, handshake.Torrent)
            : null;
    }

    private static async Task<PeerStream?> CompleteAsync(
        PeerStream stream, EncryptionHandshake handshake, CancellationToken cancellation)
    {
        byte[] buffer = new byte[BufferLength];
        while (true)
        {
            await stream.SendAllAsync(handshake.TakeOutput(), cancellation);
            if (handshake.IsComplete)
                break;
            int count = await stream.ReceiveAsync(buffer, cancellation);
            if (count == 0)
                return null;
            handshake.Receive(buffer.AsSpan(0, count));
        }

        PeerStream continued = handshake.Method == EncryptionMethods.Rc4
            ? new EncryptedStream(stream, handshake.Sending!, handshake.Receiving!)
            : stream;
        byte[] remainder = handshake.TakeRemainder();
        return remainder.Length == 0 ? continued : new PrefixedStream(remainder, continued);
    }

    private static EncryptionMethods MethodsOf(EncryptionPolicy policy) => policy == EncryptionPolicy.Require
        ? EncryptionMethods.Rc4
        : EncryptionMethods.Rc4 | EncryptionMethods.PlainText;
}
