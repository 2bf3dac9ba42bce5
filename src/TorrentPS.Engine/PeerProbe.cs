using System.Diagnostics;
using System.Net.Sockets;
using System.Net;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Transport;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

using TorrentPS.Engine.Session;

namespace TorrentPS.Engine;

/// <summary>What a peer answered to a handshake.</summary>
public sealed record PeerProbeResult
{
    /// <summary>Whether it answered as a peer of the torrent.</summary>
    public bool Answered { get; init; }

    /// <summary>Its client's name and version as far as they can be told; null when it did not answer.</summary>
    public string? Client { get; init; }

    /// <summary>Its peer id, lower-case hex; null when it did not answer.</summary>
    public string? PeerId { get; init; }

    /// <summary>How many pieces it has; null when it did not say.</summary>
    public int? Pieces { get; init; }

    /// <summary>How much of the torrent it has, 0–100; null when it did not say or the number of pieces is not known.</summary>
    public double? Progress { get; init; }

    /// <summary>From the first packet to its handshake; null when it did not answer.</summary>
    public TimeSpan? RoundTrip { get; init; }

    /// <summary>Why there is no answer; null when there is.</summary>
    public string? Error { get; init; }
}

/// <summary>Asks a peer who it is and what it has, and hangs up.</summary>
public static class PeerProbe
{
    /// <summary>How long to listen for what follows a handshake when the peer has little to say.</summary>
    private static readonly TimeSpan s_linger = TimeSpan.FromSeconds(2);

    /// <summary>Connects, exchanges handshakes, listens for what the peer has, and hangs up.</summary>
    /// <param name="endPoint">Where the peer is.</param>
    /// <param name="infoHash">The torrent asked about.</param>
    /// <param name="pieceCount">The torrent's pieces, or 0 when they are not known.</param>
    /// <param name="timeout">How long all this may take.</param>
    /// <param name="cancellation">Ends the probe.</param>
    /// <returns>What it answered; an address that does not answer is a result, not an exception.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was signalled.</exception>
    public static async Task<PeerProbeResult> ProbeAsync(
        IPEndPoint endPoint, InfoHash infoHash, int pieceCount, TimeSpan timeout, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(timeout);
        try
        {
            long start = Stopwatch.GetTimestamp();
            using Socket socket = await Dialer.ConnectAsync(endPoint, null, limit.Token);
            if (await HandshakeExchange.InitiateAsync(socket, infoHash, OwnPeerId.Make(Random.Shared), HandshakeExchange.Features, limit.Token) is not { } handshake)
                return new PeerProbeResult { Error = "It hung up or spoke of another torrent." };
            var result = new PeerProbeResult
            {
                Answered = true,
                Client = ClientName.Of(handshake.PeerId),
                PeerId = handshake.PeerId.ToString(),
                RoundTrip = Stopwatch.GetElapsedTime(start),
            };
            return await ListenAsync(socket, handshake, pieceCount, result, limit.Token);
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            return new PeerProbeResult { Error = error is OperationCanceledException ? "It did not answer in time." : error.Message };
        }
    }

    private static async Task<PeerProbeResult> ListenAsync(
        Socket socket, Handshake handshake, int pieceCount, PeerProbeResult result, CancellationToken cancellation)
    {
        using var linger = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        linger.CancelAfter(s_linger);
        int maxFrame = PeerMessageReader.MaxFrameLength(pieceCount > 0 ? pieceCount : Protocol.Metainfo.MetainfoLimits.Default.MaxPieces);
        byte[] buffer = new byte[maxFrame + 4];
        int held = 0;
        bool named = !handshake.Has(PeerFeatures.ExtensionProtocol);
        bool counted = false;
        try
        {
            while (!named || !counted)
            {
                int count = await socket.ReceiveAsync(buffer.AsMemory(held), SocketFlags.None, linger.Token);
                if (count == 0)
                    break;
                held += count;
                int start = 0;
                while (PeerMessageReader.TryRead(buffer.AsSpan(start, held - start), maxFrame, out PeerMessage message, out int consumed) == FrameResult.Complete)
                {
                    start += consumed;
                    result = Note(result, message, pieceCount, handshake.PeerId, ref named, ref counted);
                }

                held -= start;
                Buffer.BlockCopy(buffer, start, buffer, 0, held);
            }
        }
        catch (Exception error) when (error is SocketException or WireException
            || (error is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            // What it said before is still an answer.
        }

        return result;
    }

    private static PeerProbeResult Note(
        PeerProbeResult result, PeerMessage message, int pieceCount, PeerId id, ref bool named, ref bool counted)
    {
        switch (message.Id)
        {
            case PeerMessageId.Extended when message.ExtendedId == 0:
                named = true;
                return result with { Client = ClientName.Of(id, ExtensionHandshake.Parse(message.Payload).Client) };
            case PeerMessageId.HaveAll:
                counted = true;
                return result with { Pieces = pieceCount > 0 ? pieceCount : null, Progress = 100 };
            case PeerMessageId.HaveNone:
                counted = true;
                return result with { Pieces = 0, Progress = 0 };
            case PeerMessageId.Bitfield:
                counted = true;
                int pieces = message.Payload.ToArray().Sum(bits => System.Numerics.BitOperations.PopCount(bits));
                return result with { Pieces = pieces, Progress = pieceCount > 0 ? Math.Min(100, 100.0 * pieces / pieceCount) : null };
            default:
                return result;
        }
    }
}
