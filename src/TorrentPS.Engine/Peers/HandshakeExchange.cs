using System.Net.Sockets;
using TorrentPS.Engine.Transport;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Peers;

/// <summary>Exchanges the BitTorrent handshake (BEP 3) on an outgoing or incoming connection.</summary>
internal static class HandshakeExchange
{
    /// <summary>Maximum time for the whole exchange. A handshake is 68 bytes and takes one round trip.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Features announced in the handshake for every torrent: the Fast extension (BEP 6) and the extension protocol
    /// (BEP 10). The DHT feature (BEP 5) isn't included, because it is announced only for torrents that use the DHT.
    /// </summary>
    public const PeerFeatures Features = PeerFeatures.Fast | PeerFeatures.ExtensionProtocol;

    /// <summary>
    /// Sends this client's handshake on an outgoing connection. Then reads the peer's handshake.
    /// </summary>
    /// <returns>
    /// The peer's handshake, or null if the peer uses another protocol, sends another info hash, or closes the
    /// connection.
    /// </returns>
    /// <exception cref="SocketException">The network failed.</exception>
    /// <exception cref="OperationCanceledException">
    /// <see cref="Timeout"/> passed, or the exchange was cancelled.
    /// </exception>
    public static async Task<Handshake?> InitiateAsync(
        PeerStream stream, Handshake own, CancellationToken cancellation)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(Timeout);
        await SendAsync(stream, own, timeout.Token);
        return await ReceiveAnswerAsync(stream, own.InfoHash, timeout.Token);
    }

    /// <summary>
    /// Reads the peer's handshake on an outgoing connection on which this client's handshake has already been sent.
    /// Returns and throws what <see cref="InitiateAsync"/> does.
    /// </summary>
    public static async Task<Handshake?> ReceiveAnswerAsync(
        PeerStream stream, InfoHash torrent, CancellationToken cancellation)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(Timeout);
        Handshake? received = await ReceiveAsync(stream, timeout.Token);
        return received is { } handshake && handshake.InfoHash == torrent ? handshake : null;
    }

    /// <summary>
    /// Reads the peer's handshake on an incoming connection. Then sends this client's handshake if the session has the
    /// torrent.
    /// </summary>
    /// <param name="stream">The accepted connection.</param>
    /// <param name="answer">
    /// Returns this client's handshake for the torrent with a given info hash, or null if the session doesn't have that
    /// torrent.
    /// </param>
    /// <param name="cancellation">Cancels the exchange.</param>
    /// <returns>
    /// The peer's handshake, or null if the peer uses another protocol, sends the info hash of a torrent that the
    /// session doesn't have, or closes the connection.
    /// </returns>
    /// <exception cref="SocketException">The network failed.</exception>
    /// <exception cref="OperationCanceledException">
    /// <see cref="Timeout"/> passed, or the exchange was cancelled.
    /// </exception>
    public static async Task<Handshake?> AcceptAsync(
        PeerStream stream, Func<InfoHash, Handshake?> answer, CancellationToken cancellation)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(Timeout);
        Handshake? received = await ReceiveAsync(stream, timeout.Token);
        if (received is not { } handshake || answer(handshake.InfoHash) is not { } own)
            return null;
        await SendAsync(stream, own, timeout.Token);
        return handshake;
    }

    private static async Task SendAsync(PeerStream stream, Handshake handshake, CancellationToken cancellation)
    {
        byte[] bytes = new byte[Handshake.Length];
        handshake.Write(bytes);
        await stream.SendAllAsync(bytes, cancellation);
    }

    private static async Task<Handshake?> ReceiveAsync(PeerStream stream, CancellationToken cancellation)
    {
        byte[] bytes = new byte[Handshake.Length];
        int held = 0;
        while (held < bytes.Length)
        {
            int count = await stream.ReceiveAsync(bytes.AsMemory(held), cancellation);
            held += count;
            if (count == 0 || !Handshake.IsValidPrefix(bytes.AsSpan(0, held)))
                return null;
        }

        return Handshake.TryRead(bytes, out Handshake handshake) ? handshake : null;
    }
}
