using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Network;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Transport;
using TorrentPS.Protocol.Encryption;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Session;

/// <summary>Exchanges handshakes on incoming connections, and passes each connection to its torrent.</summary>
/// <param name="session">The session's shared resources.</param>
/// <param name="find">Returns the torrent with the given info hash, or null if the session has none.</param>
/// <param name="cancellation">Cancels running handshakes.</param>
internal sealed class PeerAcceptor(
    SessionResources session, Func<InfoHash, TorrentRunner?> find, CancellationToken cancellation)
{
    private readonly PendingHandshakes _pending = new();

    /// <summary>
    /// Takes ownership of an incoming connection, exchanges handshakes, and passes the connection to its torrent.
    /// Closes the connection if the user blocked its address, the handshake fails, the session doesn't have the
    /// torrent, or the session's connection limit is reached.
    /// </summary>
    public async Task AcceptAsync(PeerStream stream)
    {
        if (await ReceiveHandshakeAsync(stream) is not { } accepted
            || find(accepted.Received.InfoHash) is not { } torrent
            || !session.Connections.TryAccept())
        {
            stream.Dispose();
            return;
        }

        torrent.Take(accepted.Stream, accepted.Received, incoming: true);
    }

    /// <summary>
    /// Exchanges handshakes. Returns null if the user blocked the address, if the exchange failed, or if the connection
    /// was closed to make room for a newer one (<see cref="PendingHandshakes"/>).
    /// </summary>
    private async Task<(PeerStream Stream, Handshake Received)?> ReceiveHandshakeAsync(PeerStream stream)
    {
        object? pending = null;
        (PeerStream, Handshake)? accepted = null;
        try
        {
            IPEndPoint caller = stream.RemoteEndPoint;
            if (BlockedNetwork.Contains(session.Settings.BlockList, caller.Address)
                || session.Filter.Stops(caller.Address, FilteredTraffic.Incoming))
                return null;
            pending = _pending.Add(caller, stream);
            accepted = await ExchangeAsync(stream);
        }
        catch (Exception error)
            when (error is SocketException or OperationCanceledException or ObjectDisposedException
                or EncryptionException)
        {
            // The peer closed the connection, the handshake failed or timed out, or the connection was closed to make
            // room for another.
        }

        return pending is not null && _pending.Remove(pending) ? accepted : null;
    }

    private async Task<(PeerStream, Handshake)?> ExchangeAsync(PeerStream stream)
    {
        // The encryption handshake and the BitTorrent handshake together have one time limit.
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(HandshakeExchange.Timeout);
        if (await EncryptionExchange.AcceptAsync(
            stream,
            session.InfoHashes.Find,
            session.Settings.IncomingEncryption,
            PeerConnector.Random,
            timeout.Token) is not (PeerStream inner, var named))
            return null;

        // The BitTorrent handshake must have the info hash that the encryption handshake named.
        Handshake? received = await HandshakeExchange.AcceptAsync(
            inner,
            hash => named is null || named == hash ? find(hash)?.HandshakeFor(hash) : null,
            timeout.Token);
        return received is { } handshake ? (inner, handshake) : null;
    }
}
