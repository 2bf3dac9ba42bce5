using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Network;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Session;
using TorrentPS.Engine.Transport;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine;

/// <summary>
/// The result of <see cref="PeerProbe.ProbeAsync"/>: the data that the peer sent, or the reason why the probe failed.
/// </summary>
public sealed record PeerProbeResult
{
    /// <summary>Whether the peer answered with a handshake for the torrent.</summary>
    public bool Answered { get; init; }

    /// <summary>
    /// The name and version of the peer's client, from its extension handshake (BEP 10) or else its peer id (BEP 20).
    /// Null if the peer didn't answer.
    /// </summary>
    public string? Client { get; init; }

    /// <summary>The peer id in lower-case hexadecimal; null if the peer didn't answer.</summary>
    public string? PeerId { get; init; }

    /// <summary>
    /// Number of pieces that the peer has. Null if the peer did not report its pieces, or if it reported that it has
    /// all pieces and the caller did not pass the number of pieces.
    /// </summary>
    public int? Pieces { get; init; }

    /// <summary>
    /// Percentage of the torrent's pieces that the peer has, from 0 to 100. Null if the peer did not report it, or if
    /// it sent a bitfield and the caller did not pass the number of pieces.
    /// </summary>
    public double? Progress { get; init; }

    /// <summary>
    /// The time from the start of the connection attempt to the peer's handshake; null if the peer didn't answer.
    /// </summary>
    public TimeSpan? RoundTrip { get; init; }

    /// <summary>Whether all bytes of the connection were encrypted (MSE).</summary>
    public bool IsEncrypted { get; init; }

    /// <summary>Why the probe failed; null if the peer answered.</summary>
    public string? Error { get; init; }
}

/// <summary>Finds out which client a peer runs and which part of a torrent it has. Downloads no content.</summary>
public static class PeerProbe
{
    /// <summary>
    /// Maximum time after the handshake to wait for the peer's extension handshake and for its bitfield, have all or
    /// have none message. The time is limited because some peers do not send these messages.
    /// </summary>
    private static readonly TimeSpan s_firstMessagesTimeout = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Connects to a peer, exchanges handshakes (BEP 3, BEP 10), reads which pieces the peer has, and closes the
    /// connection.
    /// </summary>
    /// <param name="endPoint">The endpoint of the peer.</param>
    /// <param name="infoHash">The info hash of the torrent.</param>
    /// <param name="pieceCount">Number of pieces of the torrent; 0 if unknown.</param>
    /// <param name="timeout">Maximum time of the whole probe.</param>
    /// <param name="session">
    /// The session settings. The probe uses their bind address, interface and policy for outgoing encryption.
    /// </param>
    /// <param name="cancellation">Cancels the probe.</param>
    /// <returns>
    /// The peer's answer. If the peer can't be reached or doesn't answer, <see cref="PeerProbeResult.Error"/> has the
    /// reason.
    /// </returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was signalled.</exception>
    public static async Task<PeerProbeResult> ProbeAsync(
        IPEndPoint endPoint,
        InfoHash infoHash,
        int pieceCount,
        TimeSpan timeout,
        SessionSettings session,
        CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        ArgumentNullException.ThrowIfNull(session);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(timeout);
        try
        {
            long start = Stopwatch.GetTimestamp();
            PeerId id = LocalPeerId.Create(new SecureRandom());
            var dialed = await PeerConnector.ConnectAsync(
                endPoint,
                NetworkBinding.Of(session),
                new Handshake(HandshakeExchange.Features, infoHash, id),
                session.OutgoingEncryption,
                isEncrypted: null,
                limit.Token);
            if (dialed is not (PeerStream stream, Handshake handshake))
            {
                const string error = "The peer closed the connection or answered for another torrent.";
                return new PeerProbeResult { Error = error };
            }

            using PeerStream open = stream;
            var result = new PeerProbeResult
            {
                Answered = true,
                Client = ClientName.Of(handshake.PeerId),
                PeerId = handshake.PeerId.ToString(),
                RoundTrip = Stopwatch.GetElapsedTime(start),
                IsEncrypted = stream.IsEncrypted,
            };
            result = await ReadFirstMessagesAsync(stream, handshake, pieceCount, result, limit.Token);
            cancellation.ThrowIfCancellationRequested();
            return result;
        }
        catch (Exception error)
            when (error is SocketException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            string message = error is OperationCanceledException
                ? "The connection to the peer timed out."
                : error.Message;
            return new PeerProbeResult { Error = message };
        }
    }

    private static async Task<PeerProbeResult> ReadFirstMessagesAsync(
        PeerStream stream, Handshake handshake, int pieceCount, PeerProbeResult result, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(s_firstMessagesTimeout);
        int maxPieces = pieceCount > 0 ? pieceCount : Protocol.Metainfo.MetainfoLimits.Default.MaxPieces;
        int maxFrame = PeerMessageReader.MaxFrameLength(maxPieces);
        byte[] buffer = new byte[maxFrame + 4];
        int buffered = 0;
        bool hasClient = !handshake.Has(PeerFeatures.ExtensionProtocol);
        bool hasPieces = false;
        try
        {
            while (!hasClient || !hasPieces)
            {
                int count = await stream.ReceiveAsync(buffer.AsMemory(buffered), limit.Token);
                if (count == 0)
                    break;
                buffered += count;
                int start = 0;
                while (PeerMessageReader.TryRead(
                    buffer.AsSpan(start, buffered - start), maxFrame, out PeerMessage message, out int consumed)
                    == FrameResult.Complete)
                {
                    start += consumed;
                    result = Apply(result, message, pieceCount, handshake.PeerId, ref hasClient, ref hasPieces);
                }

                buffered -= start;
                Buffer.BlockCopy(buffer, start, buffer, 0, buffered);
            }
        }
        catch (Exception error) when (error is SocketException or WireException or OperationCanceledException)
        {
            // The messages that the peer sent before remain valid.
        }

        return result;
    }

    private static PeerProbeResult Apply(
        PeerProbeResult result, PeerMessage message, int pieceCount, PeerId id, ref bool hasClient, ref bool hasPieces)
    {
        switch (message.Id)
        {
            case PeerMessageId.Extended when message.ExtendedId == 0:
                hasClient = true;
                return result with { Client = ClientName.Of(id, ExtensionHandshake.Parse(message.Payload).Client) };
            case PeerMessageId.HaveAll:
                hasPieces = true;
                return result with { Pieces = pieceCount > 0 ? pieceCount : null, Progress = 100 };
            case PeerMessageId.HaveNone:
                hasPieces = true;
                return result with { Pieces = 0, Progress = 0 };
            case PeerMessageId.Bitfield:
                hasPieces = true;
                int pieces = message.Payload.ToArray().Sum(bits => System.Numerics.BitOperations.PopCount(bits));
                double? progress = pieceCount > 0 ? Math.Min(100, 100.0 * pieces / pieceCount) : null;
                return result with { Pieces = pieces, Progress = progress };
            default:
                return result;
        }
    }
}
