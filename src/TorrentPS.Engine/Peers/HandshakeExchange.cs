using System.Net.Sockets;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Peers;

/// <summary>The first words on a connection, as the side that connected or the side that was connected to.</summary>
internal static class HandshakeExchange
{
    /// <summary>How long a peer may take for its 68 bytes.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    /// <summary>What this engine can do for every torrent, as told in the handshake.</summary>
    public const PeerFeatures Features = PeerFeatures.Fast | PeerFeatures.ExtensionProtocol;

    /// <summary>Speaks first, then listens.</summary>
    /// <param name="socket">A connection that stands.</param>
    /// <param name="torrent">The torrent to speak of.</param>
    /// <param name="self">Who we are.</param>
    /// <param name="features">What we can do.</param>
    /// <param name="cancellation">Ends the exchange.</param>
    /// <returns>What the peer said, or null when it speaks another protocol, of another torrent, or hangs up.</returns>
    /// <exception cref="SocketException">The network broke.</exception>
    /// <exception cref="OperationCanceledException">It took too long, or was cancelled.</exception>
    public static async Task<Handshake?> InitiateAsync(
        Socket socket, InfoHash torrent, PeerId self, PeerFeatures features, CancellationToken cancellation)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(Timeout);
        await SendAsync(socket, new Handshake(features, torrent, self), timeout.Token);
        Handshake? heard = await ReceiveAsync(socket, timeout.Token);
        return heard is { } handshake && handshake.InfoHash == torrent ? handshake : null;
    }

    /// <summary>Listens first, then answers when the torrent is ours.</summary>
    /// <param name="socket">A connection that was just accepted.</param>
    /// <param name="features">What we can do for a torrent; null when we take no part in it.</param>
    /// <param name="self">Who we are.</param>
    /// <param name="cancellation">Ends the exchange.</param>
    /// <returns>What the peer said, or null when there is nothing to say to it.</returns>
    /// <exception cref="SocketException">The network broke.</exception>
    /// <exception cref="OperationCanceledException">It took too long, or was cancelled.</exception>
    public static async Task<Handshake?> AcceptAsync(
        Socket socket, Func<InfoHash, PeerFeatures?> features, PeerId self, CancellationToken cancellation)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(Timeout);
        Handshake? heard = await ReceiveAsync(socket, timeout.Token);
        if (heard is not { } handshake || features(handshake.InfoHash) is not { } ours)
            return null;
        await SendAsync(socket, new Handshake(ours, handshake.InfoHash, self), timeout.Token);
        return handshake;
    }

    private static async Task SendAsync(Socket socket, Handshake handshake, CancellationToken cancellation)
    {
        byte[] bytes = new byte[Handshake.Length];
        handshake.Write(bytes);
        ReadOnlyMemory<byte> rest = bytes;
        while (!rest.IsEmpty)
            rest = rest[await socket.SendAsync(rest, SocketFlags.None, cancellation)..];
    }

    private static async Task<Handshake?> ReceiveAsync(Socket socket, CancellationToken cancellation)
    {
        byte[] bytes = new byte[Handshake.Length];
        int held = 0;
        while (held < bytes.Length)
        {
            int count = await socket.ReceiveAsync(bytes.AsMemory(held), SocketFlags.None, cancellation);
            held += count;
            if (count == 0 || !Handshake.IsValidPrefix(bytes.AsSpan(0, held)))
                return null;
        }

        return Handshake.TryRead(bytes, out Handshake handshake) ? handshake : null;
    }
}
